import type { HostTensor } from "../tensor/host.js";

/** Says that a tensor is not `[rows, size]`, or holds a number that is not finite. */
export function rowProblems(tensor: HostTensor, expectedRows: number, expectedSize: number, what = "it"): string[] {
  const { data, shape } = tensor;
  const problems: string[] = [];
  if (shape.join() !== [expectedRows, expectedSize].join())
    problems.push(`${what} gives [${shape.join(", ")}] for [${expectedRows}, ${expectedSize}]`);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad !== -1) problems.push(`${what} gives ${data[bad]} in row ${Math.floor(bad / (shape[1] ?? 1))}`);
  return problems;
}

/** Says that the first row of a batch is another when it comes alone. */
export function firstRowProblems(together: HostTensor, single: HostTensor): string[] {
  const size = together.shape[1] ?? 0;
  for (let i = 0; i < size; i += 1) {
    const [among, alone] = [together.data[i] ?? NaN, single.data[i] ?? NaN];
    if (!(Math.abs(among - alone) <= 1e-5 * (1 + Math.abs(among)))) {
      return [`row 0 depends on the other rows of its batch: ${among} among others, ${alone} alone`];
    }
  }
  return [];
}
