import type { HostTensor, HostTensors } from "../tensor/host.js";

/** Where numbers first differ, bit for bit, as a phrase; null when they are the same. */
export function difference(before: HostTensors, after: HostTensors): string | null {
  const names = [Object.keys(before), Object.keys(after)].map((list) => list.sort().join(", "));
  if (names[0] !== names[1]) return `has ${names[1] || "nothing"} where it had ${names[0] || "nothing"}`;
  for (const [name, tensor] of Object.entries(before)) {
    const found = tensorDifference(name, tensor, after[name] as HostTensor);
    if (found !== null) return found;
  }
  return null;
}

function tensorDifference(name: string, before: HostTensor, after: HostTensor): string | null {
  if (before.shape.join() !== after.shape.join())
    return `${name} is [${after.shape.join(", ")}] and was [${before.shape.join(", ")}]`;
  if (before.data.constructor !== after.data.constructor)
    return `${name} is ${after.data.constructor.name} and was ${before.data.constructor.name}`;
  const at = before.data.findIndex((value, position) => !Object.is(value, after.data[position]));
  return at === -1 ? null : `${name}[${at}] is ${after.data[at]} and was ${before.data[at]}`;
}

/** The first number that is not finite, as a phrase; null when there is none. */
export function notFinite(tensors: HostTensors): string | null {
  for (const [name, { data }] of Object.entries(tensors)) {
    const at = data.findIndex((value) => !Number.isFinite(value));
    if (at !== -1) return `${name}[${at}] is ${data[at]}`;
  }
  return null;
}

/** Names with the shapes that belong to them: "bias [3], kernel [4, 3]". */
export function layout(tensors: Readonly<Record<string, { readonly shape: readonly number[] }>>): string {
  const shapes = Object.entries(tensors).map(([name, { shape }]) => `${name} [${shape.join(", ")}]`);
  return shapes.sort().join(", ") || "nothing";
}
