import { LikewiseError, PartError } from "../errors.js";

interface Typed {
  readonly type: string;
}

/** Runs something of a part, so that an error of its own says which part it is from; this library's errors say it already. */
export function inPart<T>(role: string, part: Typed, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw partFailure(role, part, cause);
  }
}

/** The error to throw for what a part threw. */
export function partFailure(role: string, part: Typed, cause: unknown): unknown {
  return cause instanceof LikewiseError ? cause : new PartError(partNamed(role, part), cause);
}

/** A part as errors speak of it: `encoder "title" (NgramEncoder)`. */
export function partNamed(role: string, { type }: Typed): string {
  return `${role} (${type})`;
}
