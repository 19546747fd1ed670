import type { OnnxNode } from "./model.js";

/**
 * Rows that are added to zeros, the sum of which is then added to a tensor, are added to that tensor at once. What is not used any more is
 * left out.
 *
 * @param outputs what has to stay.
 * @param shapes of what the nodes give.
 */
export function scatterOnto(
  nodes: readonly OnnxNode[],
  outputs: readonly string[],
  shapes: ReadonlyMap<string, readonly number[]>,
): readonly OnnxNode[] {
  const uses = new Map<string, number>();
  for (const name of [...outputs, ...nodes.flatMap(({ inputs }) => inputs)]) uses.set(name, (uses.get(name) ?? 0) + 1);
  const made = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const moved = new Set<OnnxNode>();
  const rewritten = nodes.map((node): readonly OnnxNode[] => {
    const output = node.outputs[0] as string;
    if (node.operator !== "Add") return [node];
    for (const at of [1, 0]) {
      const [base, sum] = [node.inputs[1 - at], node.inputs[at]] as readonly [string, string];
      const whole = [base, sum].every((name) => sameShape(shapes.get(name), shapes.get(output)));
      const chain = whole ? scattersOf(sum) : [];
      if (chain.length === 0) continue;
      const last = chain.length - 1;
      const placed = chain.map((each, place) => ({
        ...each,
        inputs: place === 0 ? each.inputs.with(0, base) : each.inputs,
        outputs: place === last ? node.outputs : each.outputs,
      }));
      for (const each of chain) moved.add(each);
      for (const each of placed) made.set(each.outputs[0] as string, each);
      return placed;
    }
    return [node];
  });
  return rewritten.flat().filter((node) => !moved.has(node));

  /** What adds rows to zeros, one operation after the other; nothing when something else reads one of them. */
  function scattersOf(sum: string): readonly OnnxNode[] {
    const chain: OnnxNode[] = [];
    let name = sum;
    for (;;) {
      const node = made.get(name);
      if (node?.operator === "ConstantOfShape") return isZero(node) ? chain.reverse() : [];
      if (node?.operator !== "ScatterND" || node.attributes["reduction"] !== "add" || uses.get(name) !== 1) return [];
      chain.push(node);
      name = node.inputs[0] as string;
    }
  }
}

function isZero({ attributes: { value } }: OnnxNode): boolean {
  return typeof value === "object" && "data" in value && Number(value.data[0]) === 0;
}

function sameShape(left: readonly number[] | undefined, right: readonly number[] | undefined): boolean {
  return left !== undefined && left.join() === right?.join();
}
