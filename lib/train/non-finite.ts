import type { HostTensors } from "../tensor/host.js";

/** The order in which a NaN travels through a step. */
const order = ["input/", "parameter/", "output of/encoders/", "output of/head", "loss", "gradient of/"];

/** Names the first thing that the program `diagnose` found not finite. */
export function firstNonFinite(diagnosis: HostTensors): string {
  for (const start of order) {
    for (const [name, { data }] of Object.entries(diagnosis)) {
      if (name.startsWith(start) && data[0] === 0) return describe(name);
    }
  }
  return "unknown: a second run of the same batch was finite";
}

function describe(name: string): string {
  if (name === "loss") return "the loss (all embeddings are finite)";
  const separator = name.indexOf("/");
  return `${name.slice(0, separator)} ${name.slice(separator + 1)}`;
}
