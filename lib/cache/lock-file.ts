import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { errorCode } from "../error-code.js";

/** What is known of locks of a kind. */
export interface LockRules {
  /** Take the process of a lock that was set on another machine to live, for nobody can ask it. Default true. */
  readonly trustsOthers?: boolean;
}

/** Locks that this process holds, so that a number of its own in an old file is not taken for it. */
const held = new Set<string>();

/** The right to append to a file: one process at a time has it. A lock whose process has ended is taken over. */
export class WriterLock {
  private constructor(readonly path: string) {}

  /** Null when another writer lives. @throws what the file system says. */
  static take(path: string, { trustsOthers = true }: LockRules = {}): WriterLock | null {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (held.has(path)) return null;
      try {
        writeFileSync(path, JSON.stringify({ process: process.pid, host: hostname(), began: startOf(process.pid) }), {
          flag: "wx",
        });
        held.add(path);
        return new WriterLock(path);
      } catch (error) {
        if ((error as { readonly code?: string }).code !== "EEXIST") throw error;
      }
      const owner = readText(path);
      if (owner === null) continue;
      if (isAlive(owner, trustsOthers)) return null;
      putAway(path, owner);
    }
    return null;
  }

  release(): void {
    if (!held.delete(this.path)) return;
    try {
      rmSync(this.path, { force: true });
    } catch {
      // It stays on a disk that has become read-only, and names a process that will have ended.
    }
  }
}

/** Removes the lock of a process that has ended; one that another process has set in the meantime is put back. */
function putAway(path: string, judged: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readText(aside) !== judged) linkSync(aside, path);
  } catch {
    // Somebody else was faster; the next attempt sees what stands there now.
  } finally {
    rmSync(aside, { force: true });
  }
}

function isAlive(text: string, trustsOthers: boolean): boolean {
  let owner: { readonly process?: unknown; readonly host?: unknown; readonly began?: unknown } | null;
  try {
    owner = JSON.parse(text) as typeof owner;
  } catch {
    return false;
  }
  const id = owner?.process;
  if (typeof id !== "number" || !Number.isInteger(id) || id <= 0) return false;
  if (owner?.host !== hostname()) return trustsOthers;
  // One of our own number that we do not hold is left by an earlier process of that number.
  if (id === process.pid) return false;
  try {
    // eslint-disable-next-line no-restricted-syntax -- signal 0 ends nothing: it asks whether the process is there
    process.kill(id, 0);
  } catch (error) {
    if (errorCode(error) === "ESRCH") return false;
  }
  // One that has ended, but whose parent has not asked yet, is still listed.
  return owner.began === startOf(id) && factsOf(id)[1] !== "Z";
}

/** When a process began, where the system says (Linux); numbers of processes are given again. */
function startOf(id: number): string {
  return factsOf(id)[20] ?? "";
}

/** What Linux says of a process, after its name. */
function factsOf(id: number): readonly string[] {
  const text = readText(`/proc/${id}/stat`);
  return text?.slice(text.lastIndexOf(")")).split(" ") ?? [];
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
