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

/** Files of tfjs, also where a source map says they come from. */
const TFJS = /[\\/](?:@tensorflow|tfjs-[a-z-]+|tslib)[\\/]/u;
/** Folders whose lines tell a user nothing. */
const inner = innerFolders(import.meta.url);

/**
 * Folders of a package whose lines tell a user nothing.
 *
 * @param url of this module there: as it is published, source maps turn `dist/lib` into `lib`.
 */
export function innerFolders(url: string): readonly string[] {
  const lib = fileURLToPath(new URL("../../", url));
  const source = lib.replace(/([\\/])dist[\\/](lib[\\/])$/u, "$1$2");
  return [...new Set([lib, source])].flatMap((folder) => ["engine", "tensor"].map((part) => `${folder}${part}`));
}

/** The innermost line of a stack that is neither tfjs nor this library's engine. */
export function userLine(stack: string | undefined, folders: readonly string[] = inner): string | null {
  for (const line of (stack ?? "").split("\n").slice(1)) {
    const [, named, bare] = /^\s*at (?:.*? \((.+)\)|(?:async )?(.+))$/u.exec(line) ?? [];
    const [, place, row, column] = /^(.+):(\d+):(\d+)$/u.exec(named ?? bare ?? "") ?? [];
    if (place === undefined || place.startsWith("node:")) continue;
    const file = place.startsWith("file://") ? fileURLToPath(place) : place;
    if (TFJS.test(file) || folders.some((folder) => file.startsWith(folder))) continue;
    return `${file}:${row ?? ""}:${column ?? ""}`;
  }
  return null;
}
