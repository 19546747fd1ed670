import { LikewiseError } from "../../errors.js";

/** A step that cannot be turned into a graph, with what to change; the run goes on eagerly. */
export class TraceError extends LikewiseError {
  readonly code = "TRACE";

  constructor(
    problem: string,
    readonly where: string | null = userLine(new Error("here").stack),
    options?: ErrorOptions,
  ) {
    super(where === null ? problem : `${problem} (at ${where})`, options);
  }
}

/** The innermost line of a stack that is neither tfjs nor this library's engine. */
export function userLine(stack: string | undefined): string | null {
  for (const line of (stack ?? "").split("\n").slice(1)) {
    if (/node_modules[\\/]@tensorflow|[\\/](lib[\\/])?engine[\\/]|node:internal|lib[\\/]tensor[\\/]/u.test(line))
      continue;
    const found = /\(?((?:file:\/\/)?[^()\s]+:\d+:\d+)\)?$/u.exec(line.trim());
    if (found?.[1] !== undefined) return found[1].replace(/^file:\/\//u, "");
  }
  return null;
}
