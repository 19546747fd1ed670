import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "../error-code.js";

/**
 * What something beside a target is: `tmp` is being written, `new` is complete and about to take the target's place, `old` has just
 * lost its place.
 */
export type TemporaryRole = "tmp" | "new" | "old";

/** Something beside a target, found by its name. */
export interface Temporary {
  readonly path: string;
  readonly role: TemporaryRole;
  readonly processId: number;
}

/** In use by this process; others with its id are left from a process that had the same. */
const inUse = new Set<string>();

/** A free hidden name beside the target. It counts as in use until it is disposed. */
export function temporaryName(target: string, role: TemporaryRole): { readonly path: string } & Disposable {
  const name = `.${basename(target)}.${process.pid}-${randomBytes(6).toString("hex")}.${role}`;
  const path = join(dirname(target), name);
  inUse.add(path);
  return { path, [Symbol.dispose]: () => void inUse.delete(path) };
}

/** Everything beside the target that `temporaryName` has named. */
export async function findTemporaries(target: string): Promise<readonly Temporary[]> {
  const folder = dirname(target);
  const prefix = `.${basename(target)}.`;
  const found: Temporary[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const match = /^(\d+)-[0-9a-f]{12}\.(tmp|new|old)$/.exec(name.slice(prefix.length));
    if (match === null) continue;
    found.push({ path: join(folder, name), role: match[2] as TemporaryRole, processId: Number(match[1]) });
  }
  return found;
}

/** Removes what crashed processes have left beside the target. Call it when the target is in its place. */
export async function removeLeftovers(target: string): Promise<void> {
  for (const { path, processId } of await findTemporaries(target)) {
    if (!isInUse(path, processId)) await rm(path, { recursive: true, force: true });
  }
}

function isInUse(path: string, processId: number): boolean {
  if (processId === process.pid) return inUse.has(path);
  try {
    // eslint-disable-next-line no-restricted-syntax -- signal 0 ends nothing: it asks whether the process exists
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}
