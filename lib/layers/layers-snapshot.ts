import { refuse, type Problem } from "../contracts/options.js";
import { ConfigError } from "../errors.js";
import { downloadSync, type HostTensor, type HostTensors } from "../tensor/host.js";
import type { Random } from "../random.js";
import type * as tf from "../tensor/tf.js";
import { mapEntries } from "../tensor/tree.js";
import { namedVariables } from "./layers-network.js";
import { makeModel, readTopology, topologyProblems, type LayersTopology } from "./layers-topology.js";

/** A tf.layers model as data. */
export interface LayersSnapshot {
  readonly topology: LayersTopology;
  /** Of one item, without the batch dimension. */
  readonly inputShape: readonly number[];
  /** The input is of whole numbers (int32), not of float32. */
  readonly integers: boolean;
  readonly embeddingSize: number;
  /** `parameters/<name>` for what is trained, `state/<name>` for the rest. */
  readonly numbers: HostTensors;
}

/**
 * Copies topology and numbers out of a model and frees its tensors; the model cannot be used afterwards.
 * @throws ConfigError listing what is wrong with the model, which then stays as it was.
 */
export function takeSnapshot(model: tf.layers.LayersModel, who: string): LayersSnapshot {
  refuse(who, [freedProblem(model), ...interfaceProblems(model)]);
  const topology = readTopology(model);
  refuse(who, topologyProblems(topology));
  const numbers = readNumbers(model, topology, who);
  const [input, output] = [model.inputs[0] as tf.layers.SymbolicTensor, model.outputs[0] as tf.layers.SymbolicTensor];
  const snapshot = {
    topology,
    inputShape: input.shape.slice(1) as number[],
    integers: input.dtype === "int32",
    embeddingSize: output.shape[1] as number,
    numbers,
  };
  // Not model.dispose(), which leaves the numbers of a layer that is used twice.
  for (const variable of model.weights) variable.dispose();
  return snapshot;
}

/** The numbers of a model as its initializers draw them from `random`, in the places of a snapshot's. Needs a backend. */
export function drawNumbers({ topology, numbers }: LayersSnapshot, random: Random, who: string): HostTensors {
  const model = makeModel(topology, who, random);
  const drawn = Object.fromEntries(namedVariables(model));
  const read = mapEntries(numbers, (_own, path) => {
    const variable = drawn[path.slice(path.indexOf("/") + 1)];
    if (variable === undefined) throw new ConfigError(who, [`weights: ${path} is not known`]);
    return downloadSync(variable.read());
  });
  for (const variable of model.weights) variable.dispose();
  return read;
}

/** The numbers under the names they have in a model that is made from the topology, which come in the same order. */
function readNumbers(model: tf.layers.LayersModel, topology: LayersTopology, who: string): HostTensors {
  const copy = makeModel(topology, who);
  const names = namedVariables(copy).map(([name, { shape }]) => ({ name, shape: shape.join() }));
  for (const variable of copy.weights) variable.dispose();
  const trained = new Set(model.trainableWeights);
  const numbers: Record<string, HostTensor> = {};
  namedVariables(model).forEach(([own, variable], position) => {
    const place = names[position];
    if (place === undefined || place.shape !== variable.shape.join()) {
      throw new ConfigError(who, [
        `model: ${own} does not come back from the configuration of its layer; see its getConfig`,
      ]);
    }
    numbers[`${trained.has(variable) ? "parameters" : "state"}/${place.name}`] = downloadSync(variable.read());
  });
  return numbers;
}

/** A part takes the model over that it is given. */
function freedProblem({ weights }: tf.layers.LayersModel): Problem {
  const freed = weights.find((variable) => (variable as unknown as { readonly val: tf.Tensor }).val.isDisposed);
  return freed === undefined
    ? null
    : `model: the numbers of ${freed.originalName} are freed, for another encoder or head took the model over, or it was disposed; make a ` +
        "model for each, or give a function that makes one: () => makeModel()";
}

function interfaceProblems({ inputs, outputs }: tf.layers.LayersModel): Problem[] {
  const [input, output] = [inputs[0], outputs[0]];
  if (inputs.length !== 1 || outputs.length !== 1 || input === undefined || output === undefined) {
    const counts = `${inputs.length} inputs and ${outputs.length} outputs`;
    return [
      `model: expected one input and one output, got ${counts}; give each input an encoder of its own, their vectors are concatenated`,
    ];
  }
  const [rows, ...sizes] = input.shape;
  const inputProblem =
    rows !== null || sizes.length === 0 || sizes.some((size) => size === null)
      ? `model: expected an input of any number of rows, all other dimensions fixed, got [${showShape(input.shape)}]`
      : null;
  const dtypeProblem =
    input.dtype === "float32" || input.dtype === "int32"
      ? null
      : `model: expected a float32 or int32 input, got ${input.dtype}`;
  const outputProblem =
    output.shape.length !== 2 || output.shape[1] === null
      ? `model: expected an output [n, size], got [${showShape(output.shape)}]; end with flatten or global pooling`
      : null;
  return [inputProblem, dtypeProblem, outputProblem];
}

function showShape(shape: readonly (number | null)[]): string {
  return shape.map((size) => size ?? "n").join(", ");
}
