import type { Edits, HostTensor, HostTensors } from "../tensor/host.js";
import { LateTensor } from "../tensor/late-tensor.js";

/** Where an input lies in the buffer, in bytes. */
export interface PackedInput {
  readonly offset: number;
  readonly type: "float32" | "int32";
}

/** How inputs of the same names, types and shapes lie one after the other in a buffer. */
export interface PackedLayout {
  readonly inputs: ReadonlyMap<string, PackedInput>;
  readonly bytes: number;
}

/** Native code reads fastest from addresses that are multiples of this. */
const ALIGNMENT = 64;

/** Two sets of inputs with the same signature fit the same graph. */
export function signatureOf(inputs: HostTensors): string {
  let signature = "";
  for (const name in inputs) {
    const tensor = inputs[name]!; // a name that is there
    signature += `${name}${isWhole(tensor) ? ":" : "="}${tensor.shape.join()};`;
  }
  return signature;
}

/** Two sets of inputs of the same kin differ in sizes alone. */
export function kinOf(inputs: HostTensors): string {
  return Object.entries(inputs)
    .map(([name, tensor]) => `${name}${isWhole(tensor) ? ":" : "="}${tensor.shape.length}`)
    .join();
}

export function layoutOf(inputs: HostTensors): PackedLayout {
  const places = new Map<string, PackedInput>();
  let bytes = 0;
  for (const [name, tensor] of Object.entries(inputs)) {
    places.set(name, { offset: bytes, type: isWhole(tensor) ? "int32" : "float32" });
    const length = tensor.shape.reduce((product, size) => product * size, 1);
    bytes += Math.ceil((length * Float32Array.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
  }
  return { inputs: places, bytes };
}

/** What a buffer holds of inputs that change in place: whose edits, and how many of them. */
export type Held = Map<string, { readonly edits: Edits; readonly count: number }>;

/** Copies the inputs to where the layout has them; of an input that the buffer holds already, only what has changed since. */
export function pack(inputs: HostTensors, layout: PackedLayout, buffer: ArrayBuffer, held: Held): void {
  for (const [name, { offset, type }] of layout.inputs) {
    const input = inputs[name]!; // the layout is that of these inputs
    if (input instanceof LateTensor) {
      input.copyTo(new Float32Array(buffer, offset, input.length));
      continue;
    }
    const { data, edits } = input;
    const target = new (type === "int32" ? Int32Array : Float32Array)(buffer, offset, data.length);
    const before = edits === undefined ? undefined : held.get(name);
    const changed = before !== undefined && before.edits === edits ? edits.since(before.count) : null;
    if (changed === null) target.set(data);
    else for (const [start, end] of changed) target.set(data.subarray(start, end), start);
    if (edits !== undefined) held.set(name, { edits, count: edits.count });
  }
}

/** Whether its numbers are integers; those of a late tensor are not, and stay where they are. */
function isWhole(tensor: HostTensor): boolean {
  return !(tensor instanceof LateTensor) && tensor.data instanceof Int32Array;
}

/** Its type and shape. */
export function withoutNumbers(tensor: HostTensor): HostTensor {
  return { data: isWhole(tensor) ? new Int32Array() : new Float32Array(), shape: [...tensor.shape] };
}
