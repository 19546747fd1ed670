import { ConfigError } from "../errors.js";
import type { Scalars } from "./events.js";

const PLACE = /\{([^{}:]+)(?::\.(\d)f)?\}/gu;
/** Folders with a meaning of their own. */
const TAKEN = ["last", "kept.json"];

/** What is wrong with a pattern of checkpoint names, or null. */
export function patternProblem(pattern: string): string | null {
  const plain = pattern.replace(PLACE, "");
  if (!/^[\w.=+@-]*$/u.test(plain))
    return 'may only hold letters, digits, "_ - . = + @" and places such as {step} or {validation/loss:.3f}';
  if (pattern === "" || plain.startsWith(".") || TAKEN.includes(pattern))
    return `must not be empty, ".…" or "${TAKEN[0]}"`;
  return null;
}

/** What a pattern has places for, besides what is always there. */
export function namesIn(pattern: string): string[] {
  return [...pattern.matchAll(PLACE)].flatMap(([, name = ""]) => (name === "epoch" || name === "step" ? [] : [name]));
}

/** A pattern with its places filled in. @throws ConfigError naming what was not logged. */
export function checkpointName(pattern: string, values: Scalars): string {
  return pattern.replace(PLACE, (_place, name: string, decimals: string | undefined) => {
    const value = values[name];
    if (value === undefined) {
      const known = Object.keys(values).sort().join(", ");
      throw new ConfigError("CheckpointConfig", [`filename: "${name}" was not logged; there are: ${known}`]);
    }
    return decimals === undefined ? String(value) : value.toFixed(Number(decimals));
  });
}

/** True for a name that cannot lead out of its folder. */
export function isPlainName(name: unknown): name is string {
  return typeof name === "string" && /^[\w=+@-][\w.=+@-]*$/u.test(name) && name.length < 256;
}
