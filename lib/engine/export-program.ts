import type { InputLayout } from "../contracts/encoder.js";
import type { Program } from "../contracts/engine.js";
import type { Noise } from "../contracts/part.js";
import { EngineError } from "../errors.js";
import type { HostTensors } from "../tensor/host.js";
import { mapEntries } from "../tensor/tree.js";
import type { OnnxModel, OnnxTensor } from "./onnx/model.js";
import { mergeSamples } from "./onnx/symbolic-model.js";
import type { Symbol } from "./onnx/symbolic-size.js";
import { toOnnxModel } from "./onnx/to-onnx.js";
import { differenceAt } from "./same-at-size.js";
import type { Graph } from "./trace/graph.js";
import { optimize } from "./trace/passes/optimize.js";
import { TraceError } from "./trace/trace-error.js";
import { traceProgram } from "./trace/trace-program.js";

/** Primes far above usual sizes, so that no other dimension is taken for one of these. */
const TRIED: readonly (readonly [number, number, number])[] = [
  [1009, 1013, 1021],
  [613, 617, 631],
  [401, 409, 419],
];

/** The size that counts items. */
const BATCH = "batch";
/** Numbers of items at which the model has to do the same as at those above: one, the least of several, and one with many divisors. */
const FEW: readonly number[] = [1, 2, 64];

/** For models in use: nobody draws for a file. */
const refusedNoise: Noise = {
  uniform() {
    throw new TraceError(
      "the model draws random numbers (mode.noise) although it does not train, and nothing gives an exported file such; draw them " +
        "only where mode.training is true",
    );
  },
};

/**
 * A program that changes nothing as an ONNX model with its carried tensors inside, for any size of the dimensions that have names.
 * Inputs are `input/<name>`, outputs `reported/<name>`.
 *
 * @throws TraceError when the program does what a graph cannot, or draws noise; EngineError when it depends on a size in a way that has no form here.
 */
export function exportProgram(
  name: string,
  program: Program,
  carried: HostTensors,
  inputs: Readonly<Record<string, InputLayout>>,
): OnnxModel {
  const names = [
    ...new Set(Object.values(inputs).flatMap(({ shape }) => shape.filter((size) => typeof size === "string"))),
  ];
  const symbols = names.map((symbol, at): Symbol => {
    const [first, second] = TRIED[at % TRIED.length] as (typeof TRIED)[number];
    return { name: symbol, values: [first, second] };
  });
  const quiet: Program = (given, tensors) => program(given, tensors, refusedNoise);
  const at = (values: ReadonlyMap<string, number>): Graph => {
    const given = mapEntries(inputs, ({ dtype, shape }) => ({
      // Only types and shapes are looked at.
      data: dtype === "int32" ? new Int32Array() : new Float32Array(),
      shape: shape.map((size) => (typeof size === "number" ? size : (values.get(size) as number))),
    }));
    return traceProgram(quiet, carried, given);
  };
  const toModel = (graph: Graph): OnnxModel => toOnnxModel(optimize(graph), { name, portable: true });
  const checked = new Map(
    names.map((symbol, index) => [symbol, (TRIED[index % TRIED.length] as (typeof TRIED)[number])[2]]),
  );
  const corners = combinations(symbols).map(at);
  const check = { values: checked, model: toModel(at(checked)) };
  const merged = mergeSamples({ symbols, corners: corners.map(toModel), check });
  for (const count of names.includes(BATCH) ? FEW : []) {
    const values = new Map(checked).set(BATCH, count);
    const difference = differenceAt({ symbols, corners }, at(values), values);
    if (difference === null) continue;
    throw new EngineError(
      `cannot be exported for any number of items: what the model does depends on how many there are (for ${count}: ${difference}); ` +
        "give a fixed number: { batch: 32 }",
    );
  }
  return withCarried(merged, carried);
}

function combinations(symbols: readonly Symbol[]): ReadonlyMap<string, number>[] {
  return symbols.reduce<ReadonlyMap<string, number>[]>(
    (found, { name, values }) => found.flatMap((chosen) => values.map((value) => new Map([...chosen, [name, value]]))),
    [new Map()],
  );
}

/** Carried tensors as constants of the model. */
function withCarried(model: OnnxModel, carried: HostTensors): OnnxModel {
  const constants = model.inputs.flatMap(({ name, type }): OnnxTensor[] => {
    const tensor = name.startsWith("carried/") ? carried[name.slice("carried/".length)] : undefined;
    return tensor === undefined ? [] : [{ name, type, shape: tensor.shape, data: tensor.data }];
  });
  return {
    ...model,
    inputs: model.inputs.filter(({ name }) => !name.startsWith("carried/")),
    initializers: [...constants, ...model.initializers],
  };
}
