import { ShapeError } from "../errors.js";
import type { Head } from "../contracts/head.js";
import { isRouting } from "../contracts/encoder.js";
import type { Mode, Noise, Output, Routes } from "../contracts/part.js";
import { inPart } from "../contracts/part-failure.js";
import { declareGiven } from "../tensor/linear.js";
import * as tf from "../tensor/tf.js";
import { flatten, prefixed, under, unflatten, type Tensors } from "../tensor/tree.js";
import type { Encoders } from "./parameters.js";

/** The encoders and the head: what turns inputs into embeddings. */
export interface Network<Item> {
  readonly encoders: Encoders<Item>;
  readonly head: Head;
}

/** Embeddings, the parts' new state, and each part's output by path (`encoders/title`, `head`) for diagnosis. */
export interface Forwarded {
  readonly embeddings: tf.Tensor2D;
  readonly state: Record<string, tf.Tensor>;
  readonly outputs: Record<string, tf.Tensor2D>;
}

/** How a network is run; `state` is flat, by path. */
export interface ForwardMode {
  readonly training: boolean;
  readonly noise: Noise;
  readonly state: Tensors;
}

/**
 * Runs encoders → concat (sorted by name) → head. Inputs: `frozen/<name>` `[n, size]` for frozen encoders, `inputs/<name>/<key>` for
 * trainable ones, `routes/<name>` `[n]` for those that send items different ways. Parameters by path, without the `parameters/` prefix. Pure and traceable.
 */
export function forward<Item>(
  network: Network<Item>,
  parameters: Tensors,
  inputs: Tensors,
  mode: ForwardMode,
): Forwarded {
  const state: Record<string, tf.Tensor> = {};
  const outputs: Record<string, tf.Tensor2D> = {};
  const modeOf = (path: string): Mode => ({ ...mode, state: unflatten(under(mode.state, path)) });
  const take = (path: string, output: Output, size: number): tf.Tensor2D => {
    const { value, state: changed } = output instanceof tf.Tensor ? { value: output, state: {} } : output;
    if (value.rank !== 2 || value.shape[1] !== size) throw new ShapeError(path, `[n, ${size}]`, value.shape);
    Object.assign(state, prefixed(path, flatten(changed)));
    outputs[path] = value;
    return value;
  };
  const vectors = network.encoders.map(([name, encoder]) => {
    const path = `encoders/${name}`;
    if (!encoder.trainable) return take(path, inputs[`frozen/${name}`] as tf.Tensor2D, encoder.embeddingSize);
    const own = unflatten(under(parameters, path));
    const run = (): Output => encoder.apply(own, under(inputs, `inputs/${name}`), modeOf(path));
    return take(path, inPart(`encoder "${name}"`, encoder, run), encoder.embeddingSize);
  });
  const joined = vectors.length === 1 ? (vectors[0] as tf.Tensor2D) : (tf.concat(vectors, 1) as tf.Tensor2D);
  if (network.encoders.every(([, { trainable }]) => !trainable)) declareGiven(joined);
  const routes = routesOf(network.encoders, inputs);
  const { head } = network;
  const run = (): Output => head.apply(unflatten(under(parameters, "head")), joined, { ...modeOf("head"), ...routes });
  const embeddings = take("head", inPart("head", head, run), head.outputSize);
  return { embeddings, state, outputs };
}

/** The way of each row, by the first encoder that sends rows different ways. */
function routesOf<Item>(encoders: Encoders<Item>, inputs: Tensors): { readonly routes?: Routes } {
  for (const [name, encoder] of encoders) {
    const ids = inputs[`routes/${name}`];
    if (isRouting(encoder) && ids !== undefined) return { routes: { names: encoder.routes, ids: ids as tf.Tensor1D } };
  }
  return {};
}
