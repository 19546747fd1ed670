import type { HostTensor, HostTensors } from "../tensor/host.js";
import { viewInputs, type ViewedGraph } from "./input-views.js";
import type { OnnxModel, OnnxTensor } from "./onnx/model.js";
import type { GraphPlan, InputSource, OutputTarget, PlannedInput } from "./onnx/native-messages.js";
import type { NativeData } from "./onnx/session.js";
import { toOnnxModel, type ToOnnxOptions } from "./onnx/to-onnx.js";
import type { PackedLayout } from "./packed-inputs.js";
import { ORDERED, type Graph } from "./trace/graph.js";
import { CUT, readsOf, splitUpdate, type SplitGraph } from "./update/split-update.js";
import { updateLoops } from "./update/update-loops.js";
import { optimize } from "./trace/passes/optimize.js";

/** What names of inputs that come in the buffer start with. */
const INPUT = "input/";
/** What names of outputs that go to the host start with. */
const REPORTED = ["reported/", ORDERED] as const;
const NUMBER_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** How a graph runs a program on inputs of one signature. */
export interface CompiledProgram {
  readonly plan: GraphPlan;
  /** What the program reports, in the order of the plan. */
  readonly reported: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Whether it draws random numbers, and whether it changes carried tensors. */
  readonly draws: boolean;
  readonly changes: boolean;
}

/** A traced program as a model and what comes after it. */
export interface WrittenProgram {
  readonly name: string;
  /** As it was traced, and as it is computed. */
  readonly graph: Graph;
  readonly optimized: Graph;
  readonly split: SplitGraph | null;
  /** What runs natively. */
  readonly core: Graph;
  /** Inputs of it that are rows of others. */
  readonly views: ViewedGraph["views"];
  readonly model: OnnxModel;
}

/** How a program is written. */
export interface WriteOptions extends Pick<ToOnnxOptions, "bytes" | "accelerator" | "anySize"> {
  readonly threads: number;
}

/**
 * A traced program as an ONNX model.
 *
 * @throws TraceError when it has a kernel for which there is no form.
 */
export function writeProgram(name: string, graph: Graph, options: WriteOptions): WrittenProgram {
  const optimized = withoutUnchanged(optimize(graph, options.anySize));
  const split = splitUpdate(optimized);
  const { graph: core, views } = viewInputs(split?.core ?? optimized);
  return { name, graph, optimized, split, core, views, model: toOnnxModel(core, { ...options, name }) };
}

/**
 * How the model of a program runs on inputs of a layout.
 *
 * @param constants what the model is given besides, as its last inputs.
 */
export function planProgram(
  { graph, optimized, split, core, views, model }: WrittenProgram,
  layout: PackedLayout,
  constants: readonly OnnxTensor[] = [],
): CompiledProgram {
  const read = new Set(model.inputs.map((input) => input.name));
  const updateReads = new Set(split?.nodes.flatMap(readsOf).map(({ id }) => id));
  // What is not read need not be fed, but noise has to be drawn: the numbers after it depend on that.
  const given = [...graph.inputs].filter(
    ([input, { id }]) => read.has(input) || updateReads.has(id) || input.startsWith("noise/"),
  );
  const names = given.map(([input]) => input);
  const plan: GraphPlan = {
    inputs: [
      ...given.map(([input, { dtype, shape }]): PlannedInput => ({
        name: read.has(input) ? input : null,
        source: sourceOf(input, layout),
        ...{ type: dtype, shape },
      })),
      ...[...views]
        .filter(([name]) => read.has(name))
        .map(([name, { of, start }]): PlannedInput => {
          const { dtype, shape } = core.inputs.get(name)!; // a view is an input of the core
          const offset = (layout.inputs.get(of.slice(INPUT.length))?.offset ?? 0) + start * NUMBER_BYTES;
          return { name, source: { from: "buffer", offset }, type: dtype, shape };
        }),
      ...constants.map(({ name, type, shape, data }): PlannedInput => ({
        ...{ name, type, shape },
        source: { from: "constant", data },
      })),
    ],
    outputs: [...core.outputs.keys()].map((output, at) => ({
      name: model.outputs[at]?.name as string,
      target: targetOf(output),
    })),
    update: split === null ? null : updateLoops(optimized, split, names),
  };
  return {
    ...{ plan, reported: reportedOf(optimized) },
    draws: plan.inputs.some(({ source }) => source.from === "noise"),
    changes: plan.update !== null || plan.outputs.some(({ target }) => target.to === "carried"),
  };
}

/** What a run reported, by name. */
export function namedReport({ reported }: CompiledProgram, data: readonly NativeData[]): HostTensors {
  const named: Record<string, HostTensor> = {};
  reported.forEach(({ name, shape }, at) => {
    named[name] = { data: data[at] as HostTensor["data"], shape: [...shape] };
  });
  return named;
}

function sourceOf(input: string, layout: PackedLayout): InputSource {
  const end = input.indexOf("/");
  const name = input.slice(end + 1);
  switch (input.slice(0, end)) {
    case "carried":
      return { from: "carried", carried: name };
    case "noise":
      return { from: "noise" };
    default:
      return { from: "buffer", offset: layout.inputs.get(name)?.offset ?? 0 };
  }
}

function targetOf(output: string): OutputTarget {
  const end = output.indexOf("/");
  const name = output.slice(end + 1);
  switch (output.slice(0, end + 1)) {
    case "carried/":
      return { to: "carried", carried: name };
    case CUT:
      return { to: "update", cut: Number(name) };
    default:
      return { to: "report" };
  }
}

/** Without carried tensors that stay as they are. */
function withoutUnchanged(graph: Graph): Graph {
  const outputs = [...graph.outputs].filter(([name, { id }]) => graph.inputs.get(name)?.id !== id);
  return outputs.length === graph.outputs.size ? graph : { ...graph, outputs: new Map(outputs) };
}

function reportedOf({ outputs }: Graph): CompiledProgram["reported"] {
  return [...outputs]
    .filter(([output]) => REPORTED.some((prefix) => output.startsWith(prefix)))
    .map(([output, { shape }]) => ({ name: output.slice(output.indexOf("/") + 1), shape }));
}
