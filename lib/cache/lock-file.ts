import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { threadId } from "node:worker_threads";
import { errorCode } from "../error-code.js";

/** Longest that a lock may be in the course of being removed, in milliseconds. */
const GUARDED = 5000;

/** What is known of locks of a kind. */
export interface LockRules {
  /** Take the process of a lock that was set on another machine to live, for nobody can ask it. Default true. */
  readonly trustsOthers?: boolean;
}

/** Who a lock names. */
interface Owner {
  readonly process: number;
  readonly thread: number;
  /** By which its thread holds the file open. */
  readonly descriptor: number;
  readonly host: string;
  /** When its process began. */
  readonly began: string;
  /** Tells it from an earlier lock of the same thread. */
  readonly taken: string;
}

/**
 * The right to append to a file: one writer at a time has it, of all processes and all threads of each. A lock whose process or thread has
 * ended is taken over.
 */
export class WriterLock {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #text: string;

  private constructor(path: string, descriptor: number, text: string) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#text = text;
  }

  /** Null when another writer lives. @throws what the file system says. */
  static take(path: string, { trustsOthers = true }: LockRules = {}): WriterLock | null {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const lock = WriterLock.#set(path);
      if (lock !== null) return lock;
      const owner = readText(path);
      if (owner === null) continue;
      if (isAlive(owner, trustsOthers)) return null;
      putAway(path, owner);
    }
    return null;
  }

  /** Null when there is a lock. */
  static #set(path: string): WriterLock | null {
    // Written before it stands at its place, where one without a text would be taken for nobody's.
    const aside = `${path}.${process.pid}-${threadId}`;
    writeFileSync(aside, "");
    const descriptor = openSync(aside, "r");
    try {
      const owner: Owner = {
        ...{ process: process.pid, thread: threadId, descriptor, host: hostname(), began: startOf(process.pid) },
        taken: new Date().toISOString(),
      };
      const text = JSON.stringify(owner);
      writeFileSync(aside, text);
      putInPlace(aside, path);
      return new WriterLock(path, descriptor, text);
    } catch (error) {
      closeSync(descriptor);
      if (errorCode(error) === "EEXIST") return null;
      throw error;
    } finally {
      rmSync(aside, { force: true });
    }
  }

  release(): void {
    if (!isHeld(this.#descriptor, this.#text)) return;
    closeSync(this.#descriptor);
    try {
      if (readText(this.#path) === this.#text) rmSync(this.#path, { force: true });
    } catch {
      // It stays on a disk that has become read-only, and names what will have ended.
    }
  }
}

/** Gives a file another name. @throws EEXIST when there is one of that name. */
function putInPlace(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (errorCode(error) === "EEXIST") throw error;
    // Some disks know no second names.
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

/** Removes the lock of a writer that has ended. One at a time may: what stands there may be somebody's by the time that it is removed. */
function putAway(path: string, judged: string): void {
  const guard = `${path}.guard`;
  let descriptor: number;
  try {
    descriptor = openSync(guard, "wx");
  } catch {
    // Somebody else is at it; unless that was a process that ended there.
    if (ageOf(guard) > GUARDED) rmSync(guard, { force: true });
    return;
  }
  try {
    if (readText(path) === judged) rmSync(path, { force: true });
  } finally {
    closeSync(descriptor);
    rmSync(guard, { force: true });
  }
}

/** Milliseconds since it was written; 0 when it is not there. */
function ageOf(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function isAlive(text: string, trustsOthers: boolean): boolean {
  let owner: { readonly [Key in keyof Owner]?: unknown } | null;
  try {
    owner = JSON.parse(text) as typeof owner;
  } catch {
    return false;
  }
  const id = owner?.process;
  if (typeof id !== "number" || !Number.isInteger(id) || id <= 0) return false;
  if (owner?.host !== hostname()) return trustsOthers;
  // One of our own number that nothing of ours holds is left by a thread that has ended, or by an earlier process of that number.
  if (id === process.pid) return typeof owner.descriptor === "number" && isHeld(owner.descriptor, text);
  try {
    // eslint-disable-next-line no-restricted-syntax -- signal 0 ends nothing: it asks whether the process is there
    process.kill(id, 0);
  } catch (error) {
    if (errorCode(error) === "ESRCH") return false;
  }
  // One that has ended, but whose parent has not asked yet, is still listed.
  return owner.began === startOf(id) && factsOf(id)[1] !== "Z";
}

/**
 * Whether a descriptor of this process is of a lock with that text. All threads share descriptors, and Node closes those of a thread
 * when it ends: threads cannot be asked otherwise whether another one lives.
 */
function isHeld(descriptor: number, text: string): boolean {
  try {
    if (!fstatSync(descriptor).isFile()) return false;
    const bytes = Buffer.alloc(Buffer.byteLength(text) + 1);
    return bytes.toString("utf8", 0, readSync(descriptor, bytes, 0, bytes.length, 0)) === text;
  } catch {
    return false;
  }
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
