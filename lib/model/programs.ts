import type { Kind } from "../contracts/samples.js";
import type { Program, ProgramResult } from "../contracts/engine.js";
import type { Noise } from "../contracts/part.js";
import type { Transform } from "../contracts/optimizer.js";
import { inPart } from "../contracts/part-failure.js";
import { unitRows } from "../tensor/rows.js";
import * as tf from "../tensor/tf.js";
import { differentiate } from "../tensor/differentiate.js";
import { mapEntries, prefixed, under, type Tensors } from "../tensor/tree.js";
import { chunksOf, differentiateInChunks, forwardAll } from "./chunks.js";
import { forward, type Network } from "./forward.js";
import { requireUpdated } from "./require-updated.js";
import { objective, remembersDirections, verdict, type Judged } from "./objective.js";
import { similaritiesOf } from "./similarities.js";

/**
 * The programs of a training run. Carried tensors: `parameters/…`, `state/…`, `optimizer/…`, and when asked for `average/…`
 * (exponential moving average of the parameters), `key/…` (another, by which a memory's rows are encoded) and `accumulated/…`
 * (gradients of the batches of one update).
 *
 * - `step`: forward, backward, update.
 * - `accumulate`, then `update`: the same for one update over several batches; each gradient counts by its loss's weight.
 * - `evaluate`: loss and embeddings without training.
 * - `remember`: embeddings as a memory would hold them, without training.
 * - `diagnose`: which part's output, which parameter or gradient is not finite (1 = finite).
 *
 * Reported: `loss`, `weight`, `terms/<name>`, `gradientNorm`, `embeddings` and `similarities` (their order alone) where they are used, and
 * `keys`, what a memory is to hold.
 */
export interface TrainingPrograms {
  readonly step: Program;
  readonly accumulate: Program;
  readonly update: Program;
  readonly evaluate: Program;
  readonly remember: Program;
  readonly diagnose: Program;
}

/** What the programs depend on besides the model. */
export interface ProgramOptions {
  readonly optimizer: Transform;
  /** Report the embeddings of training steps (metrics, memory, `processResults` need them). */
  readonly reportEmbeddings: boolean;
  /** Report rows as a memory holds them. Default false. */
  readonly remembers?: boolean;
  /** Report how similar the rows of training steps are, as far as `similaritiesOf` gives it; else the embeddings. Default false. */
  readonly reportSimilarities?: boolean;
}

export function trainingPrograms<K extends Kind, Item>(
  judged: Judged<K, Item>,
  { optimizer, reportEmbeddings, reportSimilarities = false, remembers = false }: ProgramOptions,
): TrainingPrograms {
  judged.head.prepare();
  const inOnePiece = (carried: Tensors, inputs: Tensors, noise: Noise) =>
    differentiate(under(carried, "parameters"), (parameters) => {
      const mode = { training: true, noise, state: under(carried, "state") };
      const { total, weight, terms, embeddings, state } = objective(judged, parameters, inputs, mode);
      return { value: total, rest: { weight, embeddings, ...prefixed("terms", terms), ...prefixed("state", state) } };
    });
  const inChunks = (carried: Tensors, inputs: Tensors, noise: Noise): ReturnType<typeof inOnePiece> => {
    const mode = { training: true, noise, state: under(carried, "state") };
    const found = differentiateInChunks(judged, under(carried, "parameters"), inputs, mode, (own, embeddings) => {
      const { total, weight, terms } = verdict(judged.loss, own, embeddings, inputs, noise);
      return { value: total, rest: { weight, ...prefixed("terms", terms) } };
    });
    return { ...found, rest: found.rest as ReturnType<typeof inOnePiece>["rest"] };
  };
  const gradientsOf = (carried: Tensors, inputs: Tensors, noise: Noise) =>
    (chunksOf(inputs).length === 0 ? inOnePiece : inChunks)(carried, inputs, noise);
  const report = (
    { value, gradients, rest }: ReturnType<typeof inOnePiece>,
    keysOf: (embeddings: tf.Tensor2D) => Tensors,
  ): Pick<ProgramResult, "reported" | "ordered"> => {
    const embeddings = rest.embeddings as tf.Tensor2D;
    const { kind, distance } = judged.loss;
    const similarities = reportSimilarities && distance !== null ? similaritiesOf(kind, distance, embeddings) : null;
    const missing = reportSimilarities && similarities === null;
    return {
      reported: {
        ...{ loss: value, weight: rest.weight, gradientNorm: globalNorm(gradients) },
        ...prefixed("terms", under(rest, "terms")),
        ...(reportEmbeddings || missing ? { embeddings } : {}),
        ...keysOf(embeddings),
      },
      ...(similarities === null ? {} : { ordered: { similarities } }),
    };
  };
  /** What a memory is to hold, by the slow copy of the parameters where there is one. */
  const keys =
    (carried: Tensors, inputs: Tensors, noise: Noise) =>
    (embeddings: tf.Tensor2D): Tensors => {
      if (Object.keys(under(carried, "key")).length > 0) return { keys: remembered(judged, carried, inputs, noise) };
      return remembers ? { keys: asRemembered(judged.loss, embeddings) } : {};
    };
  let checked = false;
  const advance = (carried: Tensors, inputs: Tensors, gradients: Tensors): Record<string, tf.Tensor> => {
    const parameters = under(carried, "parameters");
    const scalars = under(inputs, "scalars") as Record<string, tf.Scalar>;
    const before = under(carried, "optimizer");
    const updated = inPart("optimizer", optimizer, () => optimizer.update(gradients, before, parameters, scalars));
    if (!checked) requireUpdated(optimizer, gradients, before, updated);
    checked = true;
    const { updates, state } = updated;
    const moved = mapEntries(parameters, (value, name) => tf.add(value, updates[name] as tf.Tensor));
    return {
      ...prefixed("parameters", moved),
      ...prefixed("optimizer", state),
      ...follow("average", carried, inputs, moved),
      ...follow("key", carried, inputs, moved),
    };
  };

  return {
    step(carried, inputs, noise) {
      const result = gradientsOf(carried, inputs, noise);
      const changed = advance(carried, inputs, result.gradients);
      return {
        carried: { ...changed, ...prefixed("state", under(result.rest, "state")) },
        ...report(result, keys(carried, inputs, noise)),
      };
    },
    accumulate(carried, inputs, noise) {
      const result = gradientsOf(carried, inputs, noise);
      const sums = under(carried, "accumulated");
      const weight = result.rest.weight;
      const added = mapEntries(result.gradients, (gradient, name) =>
        tf.add(sums[`gradients/${name}`] as tf.Tensor, tf.mul(gradient, weight)),
      );
      const accumulated = { ...prefixed("gradients", added), weight: tf.add(sums["weight"] as tf.Tensor, weight) };
      return {
        carried: { ...prefixed("accumulated", accumulated), ...prefixed("state", under(result.rest, "state")) },
        ...report(result, keys(carried, inputs, noise)),
      };
    },
    update(carried, inputs) {
      const sums = under(carried, "accumulated");
      const weight = tf.maximum(sums["weight"] as tf.Tensor, 1e-12);
      const gradients = mapEntries(under(sums, "gradients"), (sum) => tf.div(sum, weight));
      return {
        carried: {
          ...advance(carried, inputs, gradients),
          ...prefixed(
            "accumulated",
            mapEntries(sums, (sum) => tf.zerosLike(sum)),
          ),
        },
        reported: { gradientNorm: globalNorm(gradients) },
      };
    },
    evaluate(carried, inputs, noise) {
      const averaged = under(carried, "average");
      const parameters = { ...under(carried, "parameters"), ...averaged };
      const mode = { training: false, noise, state: under(carried, "state") };
      const { total, weight, terms, embeddings } = objective(judged, parameters, inputs, mode);
      return { reported: { loss: total, weight, embeddings, ...prefixed("terms", terms) } };
    },
    remember(carried, inputs, noise) {
      return { reported: { embeddings: remembered(judged, carried, inputs, noise) } };
    },
    diagnose(carried, inputs, noise) {
      const parameters = under(carried, "parameters");
      const mode = { training: true, noise, state: under(carried, "state") };
      const { value, gradients, rest } = differentiate(parameters, (given) => {
        const { total, outputs } = objective(judged, given, inputs, mode);
        return { value: total, rest: outputs };
      });
      const floats = Object.fromEntries(Object.entries(inputs).filter(([, input]) => input.dtype === "float32"));
      const inOrder = {
        ...prefixed("input", floats),
        ...prefixed("parameter", parameters),
        ...prefixed("output of", rest),
        loss: value,
        ...prefixed("gradient of", gradients),
      };
      return { reported: mapEntries(inOrder, allFinite) };
    },
  };
}

/** The program of a model that only encodes: reports `embeddings`. */
export function encodingProgram<Item>(network: Network<Item>): Program {
  network.head.prepare();
  return (carried, inputs, noise) => {
    const mode = { training: false, noise, state: under(carried, "state") };
    return { reported: { embeddings: forward(network, under(carried, "parameters"), inputs, mode).embeddings } };
  };
}

/** Embeddings by the `key/…` parameters, where there are any; without dropout, and leaving the state as it is. */
function remembered<K extends Kind, Item>(
  judged: Judged<K, Item>,
  carried: Tensors,
  inputs: Tensors,
  noise: Noise,
): tf.Tensor2D {
  const parameters = { ...under(carried, "parameters"), ...under(carried, "key") };
  const mode = { training: false, noise, state: under(carried, "state") };
  return asRemembered(judged.loss, forwardAll(judged, parameters, inputs, mode).embeddings);
}

function asRemembered(loss: object, embeddings: tf.Tensor2D): tf.Tensor2D {
  return remembersDirections(loss) ? unitRows(embeddings) : embeddings;
}

/** Moves an average of the parameters. `decay` arrives as the scalar input `<name>/decay`; 0 copies the parameters. */
function follow(
  name: "average" | "key",
  carried: Tensors,
  inputs: Tensors,
  parameters: Tensors,
): Record<string, tf.Tensor> {
  const decay = inputs[`${name}/decay`];
  if (decay === undefined) return {};
  const averages = under(carried, name);
  return prefixed(
    name,
    mapEntries(averages, (value, name) => {
      const parameter = parameters[name] as tf.Tensor;
      return tf.add(parameter, tf.mul(decay, tf.sub(value, parameter)));
    }),
  );
}

function globalNorm(gradients: Tensors): tf.Scalar {
  const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
  return tf.sqrt(squares.length === 0 ? tf.scalar(0) : tf.addN(squares)) as tf.Scalar;
}

/** 1 when no number is NaN or infinite. A difference with itself is 0 for finite numbers alone. */
function allFinite(tensor: tf.Tensor): tf.Scalar {
  if (tensor.size === 0) return tf.scalar(1);
  return tf.cast(tf.all(tf.equal(tf.sub(tensor, tensor), 0)), "float32") as tf.Scalar;
}
