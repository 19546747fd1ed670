import type { Noise } from "../contracts/part.js";
import { differentiate, type Differentiated } from "../tensor/differentiate.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, prefixed, under, type Tensors } from "../tensor/tree.js";
import { forward, type Forwarded, type ForwardMode, type Network } from "./forward.js";

/** The inputs of each chunk of a batch, `chunks/<n>/…` in order; none when the batch is in one piece. */
export function chunksOf(inputs: Tensors): readonly Tensors[] {
  const chunks: Tensors[] = [];
  for (let chunk = under(inputs, "chunks/0"); Object.keys(chunk).length > 0;) {
    chunks.push(chunk);
    chunk = under(inputs, `chunks/${chunks.length}`);
  }
  return chunks;
}

/** `forward` of a batch that may be in chunks. */
export function forwardAll<Item>(
  network: Network<Item>,
  parameters: Tensors,
  inputs: Tensors,
  mode: ForwardMode,
): Forwarded {
  const chunks = chunksOf(inputs);
  if (chunks.length === 0) return forward(network, parameters, inputs, mode);
  let state: Tensors = {};
  const found = chunks.map((chunk) => {
    const forwarded = forward(network, parameters, chunk, { ...mode, state: { ...mode.state, ...state } });
    state = { ...state, ...forwarded.state };
    return forwarded;
  });
  const outputs = mapEntries((found[0] as Forwarded).outputs, (_, path) =>
    tf.concat2d(
      found.map((each) => each.outputs[path] as tf.Tensor2D),
      0,
    ),
  );
  return {
    embeddings: tf.concat2d(
      found.map(({ embeddings }) => embeddings),
      0,
    ),
    state,
    outputs,
  };
}

/** What a chunk was run with, so that it can be run again. */
interface FirstPass {
  readonly embeddings: tf.Tensor2D;
  readonly changed: Record<string, tf.Tensor>;
}

/** Gradient of a loss of all embeddings, as `differentiate` gives it. */
export type JudgeEmbeddings = (
  parameters: Tensors,
  embeddings: tf.Tensor2D,
) => { readonly value: tf.Scalar; readonly rest: Record<string, tf.Tensor> };

/**
 * The gradient of a step whose batch is in chunks. Embeds all chunks without keeping what is between, takes the gradient of the loss by
 * the embeddings, then runs each chunk again and takes its own on the way back: the same numbers as in one piece, with what is kept of one
 * chunk at a time. Each chunk draws its noise once; who draws at several places gets it in another order than in one piece.
 *
 * Gao, Zhang, Han, Callan, "Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup" (GradCache), 2021.
 */
export function differentiateInChunks<Item>(
  network: Network<Item>,
  parameters: Tensors,
  inputs: Tensors,
  mode: ForwardMode,
  judge: JudgeEmbeddings,
): Differentiated<Record<string, tf.Tensor> & { readonly embeddings: tf.Tensor2D }> {
  const chunks = chunksOf(inputs);
  const ofLoss = (name: string): boolean => name.startsWith("loss/");
  const own = Object.fromEntries(Object.entries(parameters).filter(([name]) => !ofLoss(name)));
  let state = mode.state;
  let before: readonly tf.Tensor[] = [];
  const states: Tensors[] = [];
  const passes: FirstPass[] = [];
  using drawn = new DrawnNoise(mode.noise);
  for (const [at, chunk] of chunks.entries()) {
    states.push(state);
    const pass: FirstPass = tidied(() => {
      const given = { ...mode, noise: drawn.draw(at), state };
      const { embeddings, state: changed } = forward(network, after(own, before), chunk, given);
      return { embeddings, changed };
    });
    state = { ...state, ...pass.changed };
    before = [pass.embeddings];
    passes.push(pass);
  }
  const embeddings = tf.concat2d(
    passes.map((pass) => pass.embeddings),
    0,
  );
  const lossParameters = Object.fromEntries(Object.entries(parameters).filter(([name]) => ofLoss(name)));
  const { value, gradients, rest } = differentiate(
    { ...lossParameters, embeddings },
    ({ embeddings: rows, ...given }) => judge(given, rows as tf.Tensor2D),
  );
  const { embeddings: slopes, ...lossGradients } = gradients;

  let sums: Record<string, tf.Tensor> | null = null;
  before = [slopes as tf.Tensor];
  let start = 0;
  for (const [at, chunk] of chunks.entries()) {
    const { embeddings: rows } = passes[at] as FirstPass;
    const earlier = sums;
    const added: Record<string, tf.Tensor> = tidied(() => {
      const slope = tf.slice(slopes as tf.Tensor2D, [start, 0], rows.shape);
      const later = after(own, before);
      const { gradients: found } = differentiate(later, (given) => {
        const again = forward(network, given, chunk, {
          ...mode,
          noise: drawn.replay(at),
          state: states[at] as Tensors,
        });
        return { value: tf.sum<tf.Scalar>(tf.mul(again.embeddings, slope)), rest: {} };
      });
      return earlier === null ? found : mapEntries(found, (one, name) => tf.add(one, earlier[name] as tf.Tensor));
    });
    tf.dispose(earlier ?? {});
    sums = added;
    before = Object.values(added); // all of them, or the last way back could be put off
    start += rows.shape[0];
  }
  const changed = Object.assign({}, ...passes.map((pass) => pass.changed)) as Tensors;
  return {
    value,
    gradients: mapEntries(parameters, (_, name) => (lossGradients[name] ?? sums?.[name]) as tf.Tensor),
    rest: { ...rest, ...prefixed("state", changed), embeddings },
  };
}

/**
 * The same numbers, computed only when `before` is: so a compiled step runs one chunk after the other, and runs none once for both
 * passes.
 */
function after(parameters: Tensors, before: readonly tf.Tensor[]): Tensors {
  if (before.length === 0) return parameters;
  const one = before.map((tensor) => tf.reshape(tf.slice(tf.reshape(tensor, [-1]), [0], [1]), []));
  const none = tf.mul(tf.addN(one), 0);
  return mapEntries(parameters, (value) => tf.add(value, none));
}

/** Random numbers of chunks, each drawn on the first pass and given again on the second. */
class DrawnNoise {
  readonly #noise: Noise;
  readonly #drawn: tf.Tensor[][] = [];

  constructor(noise: Noise) {
    this.#noise = noise;
  }

  /** For the first pass of a chunk. */
  draw(chunk: number): Noise {
    const drawn: tf.Tensor[] = (this.#drawn[chunk] = []);
    return {
      uniform: (shape) => {
        const tensor = this.#noise.uniform(shape);
        // Kept, because a part may draw within a tidy of its own.
        drawn.push(tf.keep(tf.clone(tensor)));
        return tensor;
      },
    };
  }

  /** The same for its second pass. */
  replay(chunk: number): Noise {
    let next = 0;
    return { uniform: () => tf.clone(this.#drawn[chunk]?.[next++] as tf.Tensor) };
  }

  [Symbol.dispose](): void {
    tf.dispose(this.#drawn);
  }
}

/** `tf.tidy` for what its types do not know: records of tensors in records. */
function tidied<Result extends object>(compute: () => Result): Result {
  return tf.tidy(compute as unknown as () => tf.TensorContainer) as unknown as Result;
}
