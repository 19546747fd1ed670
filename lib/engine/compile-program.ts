import type { Program } from "../contracts/engine.js";
import type { HostTensor, HostTensors } from "../tensor/host.js";
import type { GraphPlan, InputSource, OutputTarget } from "./onnx/native-messages.js";
import type { NativeData } from "./onnx/session.js";
import { toOnnx } from "./onnx/to-onnx.js";
import type { PackedLayout } from "./packed-inputs.js";
import type { Graph } from "./trace/graph.js";
import { CUT, readsOf, splitUpdate } from "./update/split-update.js";
import { updateLoops } from "./update/update-loops.js";
import { optimize } from "./trace/passes/optimize.js";
import { traceProgram } from "./trace/trace-program.js";

/** A program for inputs of one signature, ready to be loaded. */
export interface CompiledProgram {
  /** An ONNX file. */
  readonly bytes: Uint8Array;
  readonly plan: GraphPlan;
  /** What the program reports, in the order of the plan. */
  readonly reported: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Whether it draws random numbers, and whether it changes carried tensors. */
  readonly draws: boolean;
  readonly changes: boolean;
}

/**
 * Traces a program and writes it as an ONNX graph. Of carried tensors and inputs only types and shapes count.
 *
 * @throws TraceError when the program does what a graph cannot.
 */
export function compileProgram(
  name: string,
  program: Program,
  carried: HostTensors,
  inputs: HostTensors,
  layout: PackedLayout,
  threads: number,
): CompiledProgram {
  const graph = traceProgram(program, carried, inputs);
  const optimized = withoutUnchanged(optimize(graph));
  const split = splitUpdate(optimized);
  const core = split?.core ?? optimized;
  const model = toOnnx(core, { name, threads });
  const read = new Set(model.inputs);
  const updateReads = new Set(split?.nodes.flatMap(readsOf).map(({ id }) => id));
  // What is not read need not be fed, but noise has to be drawn: the numbers after it depend on that.
  const given = [...graph.inputs].filter(
    ([input, { id }]) => read.has(input) || updateReads.has(id) || input.startsWith("noise/"),
  );
  const names = given.map(([input]) => input);
  const plan: GraphPlan = {
    inputs: given.map(([input, { dtype, shape }]) => ({
      name: read.has(input) ? input : null,
      source: sourceOf(input, layout),
      ...{ type: dtype, shape },
    })),
    outputs: [...core.outputs.keys()].map((output, at) => ({
      name: model.outputs[at] as string,
      target: targetOf(output),
    })),
    update: split === null ? null : updateLoops(optimized, split, names),
  };
  return {
    ...{ bytes: model.bytes, plan, reported: reportedOf(optimized) },
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
    .filter(([output]) => output.startsWith("reported/"))
    .map(([output, { shape }]) => ({ name: output.slice("reported/".length), shape }));
}
