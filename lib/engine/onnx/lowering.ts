import type { GraphType, GraphValue } from "../trace/graph.js";
import type { OnnxBuilder, Operand } from "./builder.js";

/** A recorded kernel with its inputs as tensors of the model. */
export interface KernelCall {
  readonly kernel: string;
  readonly inputs: readonly Operand[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly outputs: readonly GraphValue[];
}

/** Writes a kernel as operations; gives its outputs in order. An input may be given back as it is. */
export type Lowering = (g: OnnxBuilder, call: KernelCall) => Operand | readonly Operand[];

export type Lowerings = Readonly<Record<string, Lowering>>;

/** Type of the first output. */
export function typeOf({ outputs }: KernelCall): GraphType {
  return (outputs[0] as GraphValue).dtype;
}

/** Shape of the first output. */
export function shapeOf({ outputs }: KernelCall): readonly number[] {
  return (outputs[0] as GraphValue).shape;
}

/** The first input, the second, and so on. */
export function input({ inputs }: KernelCall, position: number): Operand {
  return inputs[position] as Operand;
}

/** An input by name, for kernels with optional inputs; `names` are all of them in order. Null when it was not given. */
export function optionalInput(call: KernelCall, names: readonly string[], name: string): Operand | null {
  const given = (call.attributes["given"] as readonly string[] | undefined) ?? names;
  return call.inputs[given.indexOf(name)] ?? null;
}

/** A setting that is a number. */
export function numberOf({ attributes }: KernelCall, name: string): number {
  return attributes[name] as number;
}

/** A setting that is a list of numbers; a single number becomes a list. */
export function numbersOf({ attributes }: KernelCall, name: string): readonly number[] {
  const value = attributes[name] as number | readonly number[] | undefined;
  return typeof value === "number" ? [value] : (value ?? []);
}

/** Counts a negative axis from the end. */
export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
