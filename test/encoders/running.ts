import * as tf from "likewise/tf";
import * as encoders from "likewise/encoders";
import type { Encoder, TrainableEncoder } from "../../lib/contracts/encoder.js";
import type { Init, Part, PartFinder } from "../../lib/contracts/part.js";
import type { JsonObject } from "../../lib/json.js";
import { PartRegistry, classOf, type AnyPartClass } from "../../lib/model/part-registry.js";
import { Random } from "../../lib/random.js";
import { upload, type HostTensors } from "../../lib/tensor/host.js";
import { flatten, mapEntries } from "../../lib/tensor/tree.js";
import { modeOf, tensorOf, uploadTree } from "../support/part.js";

/** Every encoder class that is exported. */
export const encoderClasses = Object.values(encoders).filter(
  (value) => typeof value === "function" && "type" in value && "from" in value,
) as unknown as readonly AnyPartClass[];

export const parts: PartFinder = PartRegistry.of(encoderClasses);

/** The encoder again, through JSON text and its weights. */
export function savedAndLoaded<E extends Part>(encoder: E): E {
  const config = JSON.parse(JSON.stringify(encoder.config)) as JsonObject;
  return classOf(encoder).from(config, encoder.weights, parts) as E;
}

/** Vectors of items in inference; a trainable encoder runs with what it is initialized with, or with `init`. */
export async function vectorsOf<Item>(
  encoder: Encoder<Item>,
  items: readonly Item[],
  init?: Init,
): Promise<Float32Array> {
  if (!encoder.trainable) return encoder.embed(items);
  const inputs = await encoder.collate(items);
  return runTrainable(encoder, inputs, init ?? encoder.initialize(new Random(7)), false).values;
}

export interface TrainableRun {
  readonly values: Float32Array;
  readonly shape: readonly number[];
  readonly state: HostTensors;
}

export function runTrainable<Item>(
  encoder: TrainableEncoder<Item>,
  inputs: HostTensors,
  { parameters, state = {} }: Init,
  training: boolean,
  seed: string | number = "noise",
): TrainableRun {
  let run: TrainableRun = { values: new Float32Array(), shape: [], state: {} };
  tf.tidy(() => {
    const mode = modeOf(training, seed, uploadTree(state));
    const output = encoder.apply(uploadTree(parameters), mapEntries(inputs, upload), mode);
    const value = tensorOf(output);
    const changed = output instanceof tf.Tensor ? {} : flatten<tf.Tensor>(output.state);
    run = {
      values: value.dataSync<"float32">().slice(),
      shape: value.shape,
      state: mapEntries(changed, (tensor) => ({ data: tensor.dataSync<"float32">().slice(), shape: tensor.shape })),
    };
  });
  return run;
}

export async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  for (const value of values) {
    await Promise.resolve();
    yield value;
  }
}
