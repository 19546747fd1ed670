import { expect } from "chai";
import type { Kind, SimilarityLoss } from "../../lib/contracts/index.js";
import { expectClose } from "./close.js";
import type { Matrix } from "./gradient.js";
import { judge } from "./loss.js";
import { kernelOf } from "./plain-softmax.js";
import { readGolden } from "./shared.js";

/** How a file of golden vectors writes a loss with proxies. */
export interface ProxyGolden {
  readonly file: string;
  /** The loss of a case, of the size of its kernel. */
  readonly make: (
    config: Readonly<Record<string, unknown>>,
    size: { embeddingSize: number; groups: number },
  ) => SimilarityLoss<Kind>;
  /** Name of the groups among the inputs, and of the proxies. */
  readonly labels: "groups" | "labels";
  readonly proxies: string;
  /** True where proxies are rows instead of columns. */
  readonly rows?: boolean;
  /** Cases that are compared by value only. */
  readonly valueOnly?: readonly string[];
  /** True where the peer takes proxies for unit vectors whatever they are, so that only its gradient along the sphere is that of ours. */
  readonly onSphere?: boolean;
  /** Cases that the peer answers with NaN. */
  readonly without?: readonly string[];
  /** How many cases must be there. Default 9. */
  readonly least?: number;
}

const transposed = (rows: Matrix): Matrix =>
  (rows[0] as readonly number[]).map((_, at) => rows.map((row) => row[at] as number));

/** Columns without their part along the columns of a kernel, which are unit vectors. */
function alongSphere(gradient: Matrix, kernel: Matrix): number[][] {
  const along = (kernel[0] as readonly number[]).map((_, group) =>
    gradient.reduce(
      (sum, row, k) => sum + (row[group] as number) * ((kernel[k] as readonly number[])[group] as number),
      0,
    ),
  );
  return gradient.map((row, k) =>
    row.map((g, group) => g - (along[group] as number) * ((kernel[k] as readonly number[])[group] as number)),
  );
}

/** Compares value and gradients with every case of a file; false where the file is not there. */
export function expectProxyGolden(golden: ProxyGolden): boolean {
  const {
    file,
    make,
    labels,
    proxies,
    rows = false,
    valueOnly = [],
    onSphere = false,
    without = [],
    least = 9,
  } = golden;
  const cases = readGolden(file);
  if (cases === null) return false;
  const turn = (matrix: Matrix): Matrix => (rows ? transposed(matrix) : matrix);
  let compared = 0;
  for (const { tag, config, inputs, expected64 } of cases) {
    if (tag === "weight_regularizer" || tag === "group_out_of_range" || without.includes(tag)) continue;
    const weights = (inputs["weights"] ?? inputs) as Record<string, Matrix>;
    const kernel = turn(weights[proxies] as Matrix);
    const size = { embeddingSize: kernel.length, groups: (kernel[0] as readonly number[]).length };
    const embeddings = inputs["embeddings"] as Matrix;
    const found = judge(make(config, size), {
      embeddings,
      targets: { groups: inputs[labels] as number[] },
      parameters: kernelOf(kernel),
    });
    compared += 1;
    expectClose(found.value, expected64?.["loss"], { relative: 2e-5, absolute: 2e-5, what: tag });
    if (valueOnly.includes(tag)) continue;
    const byProxies = turn(expected64?.[`grad_${proxies}`] as Matrix);
    const wanted = onSphere ? alongSphere(byProxies, kernel) : byProxies;
    expectClose(found.parameterGradients["kernel"], wanted.flat(), { relative: 5e-4, absolute: 2e-4, what: tag });
    if (!tag.includes("zero"))
      expectClose(found.gradient, expected64?.["grad_embeddings"], { relative: 5e-4, absolute: 2e-4, what: tag });
  }
  expect(compared).to.be.at.least(least);
  return true;
}
