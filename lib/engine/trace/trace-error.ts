import { fileURLToPath } from "node:url";
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

const lib = fileURLToPath(new URL("../../", import.meta.url));
/** Files of tfjs, also where a source map says they come from. */
const TFJS = /[\\/](?:@tensorflow|tfjs-[a-z-]+|tslib)[\\/]/u;
/** Folders whose lines tell a user nothing. */
const inner = ["engine", "tensor"].map((folder) => `${lib}${folder}`);

/** The innermost line of a stack that is neither tfjs nor this library's engine. */
export function userLine(stack: string | undefined): string | null {
  for (const line of (stack ?? "").split("\n").slice(1)) {
    const [, named, bare] = /^\s*at (?:.*? \((.+)\)|(?:async )?(.+))$/u.exec(line) ?? [];
    const [, place, row, column] = /^(.+):(\d+):(\d+)$/u.exec(named ?? bare ?? "") ?? [];
    if (place === undefined || place.startsWith("node:")) continue;
    const file = place.startsWith("file://") ? fileURLToPath(place) : place;
    if (TFJS.test(file) || inner.some((folder) => file.startsWith(folder))) continue;
    return `${file}:${row ?? ""}:${column ?? ""}`;
  }
  return null;
}
