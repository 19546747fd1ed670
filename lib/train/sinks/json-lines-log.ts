import { AppendFile } from "./append-file.js";
import { requireNames } from "./names.js";
import type { FileLogOptions, ScalarSink } from "./scalar-sink.js";

/**
 * One JSON object a line: `{"step":12,"train/loss":0.25}`. JSON has no NaN and no infinities; they are written as the texts "NaN",
 * "Infinity" and "-Infinity".
 */
export class JsonLinesLog implements ScalarSink {
  readonly #file: AppendFile;
  readonly #keepUntil: number;
  #opened = false;

  constructor(path: string, { keepUntil = Infinity }: FileLogOptions = {}) {
    this.#file = new AppendFile(path);
    this.#keepUntil = keepUntil;
  }

  write(step: number, scalars: Readonly<Record<string, number>>): Promise<void> {
    return this.#file.run(async () => {
      requireNames("JsonLinesLog", scalars);
      if (!this.#opened) await this.#open();
      const values = Object.entries(scalars).map(([name, value]) => [
        name,
        Number.isFinite(value) ? value : String(value),
      ]);
      await this.#file.append(`${JSON.stringify({ step, ...Object.fromEntries(values) })}\n`);
    });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Leaves out what a crash has cut off, and steps that are not to be kept. */
  async #open(): Promise<void> {
    const text = await this.#file.read();
    const lines = text.split("\n").slice(0, -1);
    const kept = lines.filter((line) => stepOf(line) <= this.#keepUntil);
    const wanted = kept.map((line) => `${line}\n`).join("");
    if (wanted !== text) await this.#file.replace(wanted);
    this.#opened = true;
  }
}

/** The step of a line; -Infinity for lines that are not ours, which are kept. */
function stepOf(line: string): number {
  try {
    const { step } = JSON.parse(line) as { readonly step?: unknown };
    return typeof step === "number" ? step : -Infinity;
  } catch {
    return -Infinity;
  }
}
