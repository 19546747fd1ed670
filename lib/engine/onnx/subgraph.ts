import { OnnxBuilder, type Operand, type Result } from "./builder.js";
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

/** What a choice computes, of tensors round it. */
export interface Branches {
  readonly then: (inner: OnnxBuilder, shared: readonly Operand[]) => readonly Operand[];
  readonly otherwise: (inner: OnnxBuilder, shared: readonly Operand[]) => readonly Operand[];
}

/** One of two graphs, by what turns out while the model runs. */
export function choose(
  g: OnnxBuilder,
  condition: Operand,
  shared: readonly Operand[],
  results: readonly Result[],
  { then, otherwise }: Branches,
): readonly Operand[] {
  const branch = (kind: string, write: Branches["then"]) => ({
    graph: subgraph(g, `${condition.name}/${kind}`, { shared, write: (inner, _given, own) => write(inner, own) }),
  });
  return g.addAll("If", [condition, ...shared], results, {
    then_branch: branch("then", then),
    else_branch: branch("else", otherwise),
  });
}

/** A graph within a node, written as lowerings are. `name` has to be unlike that of any graph round it or beside it. */
export function subgraph(
  { oneThread, portable, anySize, accelerator }: OnnxBuilder,
  name: string,
  { given = [], shared, write }: SubgraphPlan,
): OnnxGraph {
  const inner = new OnnxBuilder({ oneThread, portable, anySize, accelerator, scope: `${name}/` });
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
    inputs: givenHere.map((operand) => described(operand, anySize)),
    // How large results are may depend on the numbers.
    outputs: outputs.map(({ name: output, type, shape }) => ({
      ...{ name: output, type },
      shape: shape.map((_, axis) => `${output} ${axis}`),
    })),
    shared: sharedHere.map((operand) => operand.name),
  };
}

function described({ name, type, shape }: Operand, anySize: boolean): OnnxValue {
  return { name, type, shape: anySize ? shape.map((_, axis) => `${name} ${axis}`) : shape };
}
