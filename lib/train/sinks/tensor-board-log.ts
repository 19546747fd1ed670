import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { requirePath } from "../../contracts/path.js";
import { AppendFile } from "./append-file.js";
import { eventRecord } from "./event-record.js";
import type { FileLogOptions, ScalarSink } from "./scalar-sink.js";

let made = 0;

/**
 * An event file for TensorBoard: `tensorboard --logdir <folder>`. Every log starts a file of its own, as TensorBoard expects; files of
 * one folder are one run, so a resumed run goes on with another file in the same folder. Numbers are stored as float32, NaN and
 * infinities included.
 */
export class TensorBoardLog implements ScalarSink {
  readonly #file: AppendFile;
  readonly #keepUntil: number | undefined;
  #opened = false;

  /** @throws ConfigError for what is no path. */
  constructor(directory: string, { keepUntil }: FileLogOptions = {}) {
    requirePath("TensorBoardLog", "directory", directory);
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
    // The counter keeps files of one second in their order, in which readers go through them.
    const unique = `${process.pid}.${(made += 1)}.${randomBytes(4).toString("hex")}`;
    this.#file = new AppendFile(join(directory, `events.out.tfevents.${seconds}.${hostname()}.${unique}`));
    this.#keepUntil = keepUntil;
  }

  /** Where the events are, once there are any. */
  get path(): string {
    return this.#file.path;
  }

  write(step: number, scalars: Readonly<Record<string, number>>): Promise<void> {
    return this.#file.run(async () => {
      const now = Date.now() / 1000;
      if (!this.#opened) {
        await this.#file.append(eventRecord(now, { fileVersion: "brain.Event:2" }));
        if (this.#keepUntil !== undefined) {
          await this.#file.append(eventRecord(now, { restartAt: this.#keepUntil + 1 }));
        }
        this.#opened = true;
      }
      await this.#file.append(eventRecord(now, { step, scalars }));
    });
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
