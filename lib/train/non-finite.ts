import type { HostTensors } from "../tensor/host.js";

/** The order in which a NaN travels through a step. */
const order = ["input/", "parameter/", "output of/encoders/", "output of/head", "loss", "gradient of/"];

/**
 * Names the first thing that the program `diagnose` found not finite.
 *
 * @param loss of the batch: where it is finite and so is all that was found, the length of the gradient is what is not.
 */
export function firstNonFinite(diagnosis: HostTensors, loss: number): string {
  for (const start of order) {
    for (const [name, { data }] of Object.entries(diagnosis)) {
      if (name.startsWith(start) && data[0] === 0) return describe(name);
    }
  }
  return Number.isFinite(loss) ? TOO_LONG : "unknown: a second run of the same batch was finite";
}

const TOO_LONG =
  "the length of the gradient (its numbers are finite, the sum of their squares is too large for float32)";

/** What to change in a run that was stopped. */
export function adviceFor(culprit: string, { clipNorm }: { readonly clipNorm: number | null }): string {
  // Clipping divides by that length.
  if (culprit === TOO_LONG)
    return "Make the loss smaller (another temperature, scale or weight), lower the learning rate, check the data";
  return `Lower the learning rate, ${clipNorm === null ? "set clipNorm, " : "lower clipNorm, "}check the data`;
}

function describe(name: string): string {
  if (name === "loss") return "the loss (all embeddings are finite)";
  const separator = name.indexOf("/");
  return `${name.slice(0, separator)} ${name.slice(separator + 1)}`;
}
