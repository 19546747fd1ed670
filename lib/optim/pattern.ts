import type { Json } from "../json.js";

/**
 * Which parameters: a regular expression that is found in the name, or a path such as "loss", "head/gate" or "encoders/text". A path
 * also matches everything below it; in it `*` stands for any text without "/", `**` for any text.
 */
export type Pattern = RegExp | string;

/** A test of names. */
export function matcher(pattern: Pattern): (name: string) => boolean {
  // Without the flags that make a regular expression remember where it stopped.
  const expression =
    typeof pattern === "string" ? fromPath(pattern) : new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  return (name) => expression.test(name);
}

/** For people and for the saved configuration. */
export function patternConfig(pattern: Pattern): Json {
  return typeof pattern === "string" ? pattern : { regularExpression: pattern.source, flags: pattern.flags };
}

function fromPath(path: string): RegExp {
  const source = path
    .split(/(\*\*|\*)/)
    .map((piece) => (piece === "**" ? ".*" : piece === "*" ? "[^/]*" : piece.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")))
    .join("");
  return new RegExp(`^${source}(/|$)`, "s");
}
