import { OnnxBuilder, type Operand } from "./builder.js";
import type { OnnxGraph, OnnxNode, OnnxValue } from "./model.js";

/** What a graph within a node is made of. */
export interface SubgraphPlan {
  /** What it is given anew in every run, shapes included. */
  readonly given?: readonly Pick<Operand, "type" | "shape">[];
  /** Tensors round the node that it reads; they are the last inputs of the node. */
  readonly shared: readonly Operand[];
  /** Writes it; `given` and `shared` are its own names for them. */
  readonly write: (inner: OnnxBuilder, given: readonly Operand[], shared: readonly Operand[]) => readonly Operand[];
}

/** A graph within a node, written as lowerings are. `name` has to be unlike that of any graph round it or beside it. */
export function subgraph(
  { oneThread, portable }: OnnxBuilder,
  name: string,
  { given = [], shared, write }: SubgraphPlan,
): OnnxGraph {
  const inner = new OnnxBuilder({ oneThread, portable, scope: `${name}/` });
  const own = (kind: string, tensors: readonly Pick<Operand, "type" | "shape">[]): Operand[] =>
    tensors.map(({ type, shape }, at) => ({ name: `${name}/${kind}_${at}`, type, shape }));
  const [givenHere, sharedHere] = [own("given", given), own("shared", shared)];
  const written = write(inner, givenHere, sharedHere);
  const made = new Set(inner.nodes.flatMap((node) => node.outputs));
  // What it gives has to come from an operation of its own.
  const outputs = written.map((output) =>
    made.delete(output.name) ? output : inner.add("Identity", [output], output),
  );
  const constants = inner.initializers.map(({ name: constant, ...value }): OnnxNode => ({
    ...{ operator: "Constant", domain: "", inputs: [] },
    outputs: [constant],
    attributes: { value },
  }));
  return {
    name,
    nodes: [...constants, ...inner.nodes],
    inputs: givenHere.map(described),
    // How large results are may depend on the numbers.
    outputs: outputs.map(({ name: output, type, shape }) => ({
      ...{ name: output, type },
      shape: shape.map((_, axis) => `${output} ${axis}`),
    })),
    shared: sharedHere.map((operand) => operand.name),
  };
}

function described({ name, type, shape }: Operand): OnnxValue {
  return { name, type, shape };
}
