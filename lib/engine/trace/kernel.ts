import * as tf from "../../tensor/tf.js";
import type { GraphType, GraphValue } from "./graph.js";
import { traceBackend, traceBackendName } from "./trace-backend.js";
import { TraceError } from "./trace-error.js";

/** Type and shape of an output. */
export type OutputType = readonly [dtype: GraphType, shape: readonly number[]];

/** What a kernel is called with. */
export interface KernelCall {
  /** Present inputs by the kernel's names. */
  readonly inputs: Readonly<Record<string, GraphValue>>;
  /** The same in the kernel's order. */
  readonly list: readonly GraphValue[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What comes out of a kernel: one output, or several in a list. */
export type Infer = (call: KernelCall) => OutputType | { readonly outputs: readonly OutputType[] };

const orders = new Map<string, readonly string[] | "list">();

/** Names of a recorded kernel's inputs in the order of `GraphNode.inputs`; "list" for kernels that take a list. */
export function inputOrder(kernel: string): readonly string[] | "list" | undefined {
  return orders.get(kernel);
}

/** Registers a kernel that is recorded as it is called. `order` names its inputs; a missing one is left out. */
export function recordKernel(kernelName: string, order: readonly string[] | "list", infer: Infer): void {
  orders.set(kernelName, order);
  tf.registerKernel({
    kernelName,
    backendName: traceBackendName,
    kernelFunc: ({ inputs, attrs }) => {
      const backend = traceBackend();
      const names =
        order === "list"
          ? Object.keys(inputs)
          : order.filter((name) => inputs[name] !== undefined && inputs[name] !== null);
      const list = names.map((name) => backend.graphValue(inputs[name] as tf.TensorInfo));
      const attributes = plainAttributes(kernelName, attrs ?? {});
      const call = {
        inputs: Object.fromEntries(names.map((name, at) => [name, list[at] as GraphValue])),
        list,
        attributes,
      };
      const inferred = infer(call);
      const several = "outputs" in inferred;
      const given =
        order === "list" ? attributes : { ...attributes, ...(names.length === order.length ? {} : { given: names }) };
      const made = backend.recorder.node(kernelName, list, given, several ? inferred.outputs : [inferred]);
      const infos = made.map((value) => backend.info(value));
      return several ? infos : (infos[0] as tf.TensorInfo);
    },
  });
}

/** Numbers, texts, booleans and lists of them; anything else cannot be recorded. */
function plainAttributes(kernel: string, attributes: tf.NamedAttrMap): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes) as [string, unknown][]) {
    if (value === undefined || value === null || typeof value === "function") continue;
    if (value instanceof tf.Tensor) throw new TraceError(`kernel ${kernel}: its option ${name} is a tensor`);
    plain[name] = copied(value);
  }
  return plain;
}

/** A copy that later changes of a list do not reach. */
function copied(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  return Array.isArray(value) ? value.map(copied) : value;
}

/** The attribute as numbers; a single number becomes a list. */
export function numbersOf({ attributes }: KernelCall, name: string): readonly number[] {
  const value = attributes[name];
  if (typeof value === "number") return [value];
  return (value as readonly number[] | undefined) ?? [];
}

/** Shape of an elementwise operation on two shapes. */
export function broadcast(left: readonly number[], right: readonly number[]): readonly number[] {
  return tf.broadcast_util.assertAndGetBroadcastShape([...left], [...right]);
}
