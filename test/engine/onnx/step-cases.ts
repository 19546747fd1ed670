import * as tf from "likewise/tf";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead, GatedHead, SwitchHead } from "likewise/heads";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import { sgd } from "likewise/optim";
import type { Kind, SimilarityLoss } from "../../../lib/contracts/index.js";
import type { Encoder, Routing } from "../../../lib/contracts/encoder.js";
import type { Head } from "../../../lib/contracts/head.js";
import type { Transform } from "../../../lib/contracts/optimizer.js";
import { initialize } from "../../../lib/model/parameters.js";
import { trainingPrograms, type TrainingPrograms } from "../../../lib/model/programs.js";
import { Random } from "../../../lib/random.js";
import { downloadSync, hostScalar, hostTensor, upload, zerosLike, type HostTensors } from "../../../lib/tensor/host.js";
import { mapEntries, prefixed, under } from "../../../lib/tensor/tree.js";
import type { Matrix } from "../../support/gradient.js";
import type { PlainTargets } from "../../support/loss.js";
import { recordEncoder, records } from "../../support/records.js";

/** A model with one batch. */
export interface StepCase<Item = never> {
  readonly encoders: readonly (readonly [name: string, encoder: Encoder<Item>])[];
  readonly head: Head;
  readonly loss: SimilarityLoss<Kind>;
  /** Default: a step along the gradient, so that what comes out shows every gradient. */
  readonly optimizer?: Transform;
  /** What the encoders read: `frozen/<name>`, `inputs/<name>/<key>`. */
  readonly inputs: HostTensors;
  readonly targets: PlainTargets;
  readonly memory?: HostTensors;
  /** Vectors of the guide. */
  readonly guide?: Matrix;
}

/** The programs of a training run with what they are given. */
export interface Step {
  readonly programs: TrainingPrograms;
  readonly carried: HostTensors;
  readonly inputs: HostTensors;
}

const FLOATS = new Set(["labels", "scores"]);

/**
 * Parameters, slots and sums are random, as in the middle of a training run: fresh slots of zeros turn gradients of 1e-9 that should be
 * 0 into whole steps.
 */
export function stepOf<Item>(given: StepCase<Item>): Step {
  const { encoders, head, loss, optimizer = sgd({ learningRate: 1 }), inputs, targets, memory = {} } = given;
  const { guide } = given;
  const first = stirred(initialize(encoders, head, loss, new Random("first")));
  const parameters = under(first, "parameters");
  let slots: HostTensors = {};
  tf.tidy(() => {
    slots = mapEntries(optimizer.initialize(mapEntries(parameters, upload)), downloadSync);
  });
  const sums = { ...prefixed("gradients", mapEntries(parameters, zerosLike)), weight: hostScalar(3) };
  const carried = {
    ...first,
    ...prefixed("optimizer", positive(slots)),
    ...prefixed("accumulated", positive(sums)),
    ...prefixed("average", parameters),
  };
  const tensors = mapEntries(targets, (values, name) =>
    hostTensor(FLOATS.has(name) ? Float32Array.from(values) : Int32Array.from(values), [values.length]),
  );
  const scalars = optimizer.scalars({ step: 5, totalSteps: 20 });
  return {
    programs: trainingPrograms({ encoders, head, loss }, { optimizer, reportEmbeddings: true }),
    carried,
    inputs: {
      ...inputs,
      ...prefixed("targets", tensors),
      ...prefixed("memory", memory),
      ...prefixed("scalars", mapEntries(scalars, hostScalar)),
      "average/decay": hostScalar(0.9),
      ...(guide === undefined
        ? {}
        : { guide: hostTensor(Float32Array.from(guide.flat()), [guide.length, guide[0]!.length]) }),
    },
  };
}

/**
 * Random first numbers are drawn again, because tf.layers draws them anew in every process; equal ones are moved a little, so that no
 * bias is 0 and no gate half open.
 */
function stirred(tensors: HostTensors): HostTensors {
  return mapEntries(tensors, ({ data, shape }, name) => {
    if (data instanceof Int32Array) return { data, shape };
    const random = new Random(name);
    const equal = data.every((value) => value === data[0]);
    return { data: data.map((value) => (equal ? value + 0.1 * random.uniform() : random.uniform() - 0.5)), shape };
  });
}

function positive(tensors: HostTensors): HostTensors {
  return mapEntries(tensors, ({ data, shape }, name) => {
    if (data instanceof Int32Array) return { data, shape };
    const random = new Random(name);
    return { data: data.map(() => 0.05 + 0.2 * random.uniform()), shape };
  });
}

/** An encoder that is trained on records, and a batch of them. */
export function recordsCase(): StepCase {
  const encoder = recordEncoder();
  return {
    encoders: [["default", encoder as Encoder<never>]],
    head: new DenseHead(encoder.embeddingSize, { outputSize: 4 }),
    loss: new MultipleNegativesRankingLoss(),
    inputs: prefixed("inputs/default", encoder.collate(records.slice(0, 6))),
    targets: { labels: [1, 1, 1], subgroups: [0, 1, 2, 0, 1, 2] },
  };
}

/** Rows of numbers for an encoder that is frozen. */
export function frozenRows(rows: number, size: number, seed = "rows"): HostTensors {
  return { "frozen/default": hostTensor(new Random(seed).normals(rows * size), [rows, size]) };
}

/** A head for each of two ways, and rows that go them in no order. */
export function switchedCase(rows: number): Pick<StepCase<readonly number[]>, "encoders" | "head" | "inputs"> {
  const routes = hostTensor(
    Int32Array.from({ length: rows }, (_, at) => ((at * at) % 3) % 2),
    [rows],
  );
  return {
    encoders: [["default", new Routed(6)]],
    head: new SwitchHead({ left: new DenseHead(6, { outputSize: 6 }), right: new GatedHead(6) }),
    inputs: { ...frozenRows(rows, 6), "routes/default": routes },
  };
}

class Routed extends VectorEncoder implements Routing<readonly number[]> {
  readonly routes = ["left", "right"];
  routesOf(items: readonly (readonly number[])[]): Int32Array {
    return new Int32Array(items.length);
  }
}
