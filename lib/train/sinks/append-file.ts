import { mkdir, open, readFile, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { requirePath } from "../../contracts/path.js";
import { StorageError, UsageError } from "../../errors.js";
import { writeFileAtomic } from "../../store/atomic.js";

/** A file that grows at its end, opened when it is first written to. One job at a time. */
export class AppendFile {
  #handle: FileHandle | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @throws ConfigError for what is no path. */
  constructor(readonly path: string) {
    requirePath("a log", "path", path);
  }

  /** Runs a job after those before it, whether they succeeded or not. */
  run(job: () => Promise<void>): Promise<void> {
    if (this.#closed) return Promise.reject(new UsageError(`the log ${this.path} is closed; make a new one to go on`));
    const result = this.#last.then(job);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** What the file holds; empty when there is none. */
  async read(): Promise<string> {
    return readFile(this.path, "utf8").catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
      throw error;
    });
  }

  /** @throws StorageError when it cannot be written. */
  append(data: string | Uint8Array): Promise<void> {
    return this.#writing(async () => {
      if (this.#handle === null) {
        await mkdir(dirname(this.path), { recursive: true });
        this.#handle = await open(this.path, "a");
      }
      await this.#handle.appendFile(data);
    });
  }

  /** Writes the whole file anew. @throws StorageError when it cannot be written. */
  replace(text: string): Promise<void> {
    return this.#writing(async () => {
      await this.#release();
      await writeFileAtomic(this.path, text);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await this.#release();
  }

  async #writing(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (cause) {
      throw new StorageError("the log", this.path, cause);
    }
  }

  async #release(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }
}
