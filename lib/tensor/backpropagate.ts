import * as tf from "./tf.js";

/** What tfjs notes of an operation while it computes forward. */
type TapeNode = ReturnType<typeof tf.engine>["state"]["activeTape"][number];

/**
 * The value of `forward` and its gradient by each of `parameters`, undefined where it does not depend on one. Does what tfjs does, in
 * the same order, but frees what is kept for an operation, and the gradient of its result, as soon as they have been used, where
 * tfjs holds them all to the end: the largest memory of a step is half of it or less. Call it inside `tf.tidy`.
 */
export function backpropagate(
  forward: () => tf.Scalar,
  parameters: readonly tf.Tensor[],
): { readonly value: tf.Scalar; readonly slopes: readonly (tf.Tensor | undefined)[] } {
  const engine = tf.engine();
  const { state } = engine;
  if (state.gradientDepth > 0) {
    // Somebody differentiates what is computed here, and needs all of it.
    const { value, grads } = engine.gradients(forward, [...parameters], undefined, true);
    return { value: value as tf.Scalar, slopes: grads as (tf.Tensor | undefined)[] };
  }
  try {
    state.activeTape = [];
    const value = recorded(forward);
    const path = pathBetween(state.activeTape, parameters, value);
    // What is on no way from the parameters to the value is of no use any more.
    const used = new Set(path.flatMap(({ saved = [] }) => saved));
    for (const { saved = [] } of state.activeTape) for (const tensor of saved) if (!used.has(tensor)) tensor.dispose();
    return { value, slopes: tf.tidy(() => slopesAlong(path, value, parameters) as never) };
  } finally {
    for (const { saved = [] } of state.activeTape) tf.dispose(saved);
    state.activeTape = [];
  }
}

function recorded(forward: () => tf.Scalar): tf.Scalar {
  const { state } = tf.engine();
  state.gradientDepth += 1;
  try {
    return tf.tidy(forward);
  } finally {
    state.gradientDepth -= 1;
  }
}

/** The operations on the ways from the parameters to the value, each with those inputs alone that depend on a parameter. */
function pathBetween(tape: readonly TapeNode[], parameters: readonly tf.Tensor[], value: tf.Tensor): TapeNode[] {
  const dependent = new Set(parameters.map(({ id }) => id));
  const forth: TapeNode[] = [];
  for (const node of tape) {
    const inputs = Object.entries(node.inputs).filter(([, { id }]) => dependent.has(id));
    if (inputs.length === 0) continue;
    for (const { id } of node.outputs) dependent.add(id);
    forth.push({ ...node, inputs: Object.fromEntries(inputs) });
  }
  const needed = new Set([value.id]);
  const back: TapeNode[] = [];
  for (const node of forth.reverse()) {
    if (!node.outputs.some(({ id }) => needed.has(id))) continue;
    for (const { id } of Object.values(node.inputs)) needed.add(id);
    back.push(node);
  }
  return back.reverse();
}

function slopesAlong(
  path: readonly TapeNode[],
  value: tf.Tensor,
  parameters: readonly tf.Tensor[],
): (tf.Tensor | undefined)[] {
  const slopes = new Map<number, tf.Tensor>();
  /** For how many tensors a slope stands: a gradient may hand on what it was given. */
  const uses = new Map<tf.Tensor, number>();
  const release = (slope: tf.Tensor): void => {
    const left = (uses.get(slope) ?? 1) - 1;
    if (left > 0) uses.set(slope, left);
    else {
      uses.delete(slope);
      slope.dispose();
    }
  };
  const put = (id: number, slope: tf.Tensor): void => {
    slopes.set(id, slope);
    uses.set(slope, (uses.get(slope) ?? 0) + 1);
  };
  const kept = new Set(parameters.map(({ id }) => id));
  put(value.id, tf.ones(value.shape));
  for (const node of [...path].reverse()) {
    const found = slopesOfInputs(node, slopes);
    for (const [id, slope] of found) {
      const before = slopes.get(id);
      put(id, before === undefined ? slope : tf.add(before, slope));
      if (before !== undefined) release(before);
    }
    // Those that were added to others; the same one may be several inputs'.
    for (const [, slope] of found) if (!uses.has(slope)) slope.dispose();
    for (const { id } of node.outputs) {
      const slope = slopes.get(id);
      if (slope === undefined || kept.has(id)) continue;
      slopes.delete(id);
      release(slope);
    }
    tf.dispose(node.saved ?? []);
  }
  return parameters.map(({ id }) => slopes.get(id));
}

/** What an operation's inputs get of the slopes of its results, by the inputs' ids. */
function slopesOfInputs(node: TapeNode, slopes: ReadonlyMap<number, tf.Tensor>): (readonly [number, tf.Tensor])[] {
  const { gradient, kernelName, outputs, inputs } = node;
  if (gradient === undefined) {
    throw new Error(`Cannot compute gradient: gradient function not found for ${kernelName}.`);
  }
  const names = Object.keys(inputs);
  const found = tf.tidy(() => {
    // Null for a result that the value does not depend on.
    const ways = gradient(outputs.map(({ id }) => slopes.get(id) ?? null) as tf.Tensor[]);
    return names.map((name) => {
      const way = ways[name];
      if (way === undefined) throw new Error(`Cannot backprop through input ${name} of ${kernelName}.`);
      return checked(tf.tidy(way), inputs[name] as tf.Tensor, `${kernelName}, input ${name}`);
    });
  });
  return names.map((name, at) => [(inputs[name] as tf.Tensor).id, found[at] as tf.Tensor]);
}

function checked(slope: tf.Tensor, { shape }: tf.Tensor, where: string): tf.Tensor {
  if (slope.dtype === "float32" && tf.util.arraysEqual(slope.shape, shape)) return slope;
  throw new Error(
    `Error in gradient for op ${where}: expected float32 [${shape.join(", ")}], got ${slope.dtype} [${slope.shape.join(", ")}]`,
  );
}
