import { SingleBar } from "cli-progress";
import type { Scalars, TrainEvent } from "./events.js";
import type { Sink } from "./sink.js";
import { formatCaching } from "./format-caching.js";
import { formatSummary } from "./summary.js";

/** Where progress is printed: a terminal gets a bar, anything else gets lines. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Prints what a run does to standard error, so that standard output stays the program's own. */
export class ConsoleProgress implements Sink {
  readonly #output: ProgressOutput;
  readonly #linesEvery: number;
  #bar: SingleBar | null = null;
  #lastLine = 0;
  #batches: number | null = null;
  #validation: Scalars = {};

  /** @param linesEvery milliseconds between two lines when the output is no terminal. */
  constructor(output: ProgressOutput = process.stderr, linesEvery = 5000) {
    this.#output = output;
    this.#linesEvery = linesEvery;
  }

  accept(event: TrainEvent): void {
    switch (event.type) {
      case "assembled":
        this.#lastLine = performance.now();
        this.#line(`${event.model} on ${event.engine} (${event.reason})`);
        this.#line(formatSummary(event.summary));
        if (event.runDir !== null) this.#line(`run folder: ${event.runDir}`);
        if (event.step > 0) this.#line(`resumed at epoch ${event.epoch}, step ${event.step}`);
        return;
      case "caching":
        return this.#caching(event);
      case "fitting":
        return this.#fitting(event);
      case "epochStart":
        this.#batches = event.batches;
        this.#lastLine = performance.now();
        return this.#startBar(`epoch ${event.epoch}`, event.batches);
      case "step":
        return this.#step(event);
      case "epochEnd":
        this.#stopBar();
        this.#line(`epoch ${event.epoch}: ${show(event.values)}  (${event.seconds.toFixed(1)} s)`);
        return;
      case "validationEnd":
        if (Object.keys(event.values).length === 0) return;
        this.#validation = event.values;
        this.#pauseFor(`${event.stage}: ${show(event.values, event.stage)}  (${event.seconds.toFixed(1)} s)`);
        return;
      case "checkpoint":
        if (event.as === "best")
          this.#pauseFor(`best so far${event.score === null ? "" : ` (${number(event.score)})`}: ${event.path}`);
        return;
      case "warning":
        this.#pauseFor(`warning: ${event.message}`);
        return;
      case "stopped":
        this.#stopBar();
        this.#line(`done: ${event.message}; ${event.step} steps in ${event.seconds.toFixed(1)} s`);
        return;
      case "metrics":
      case "validationStart":
      case "validationBatch":
        return;
      default:
        return event satisfies never;
    }
  }

  close(): void {
    this.#stopBar();
  }

  #caching(event: Extract<TrainEvent, { type: "caching" }>): void {
    const { done, finished } = event;
    const now = performance.now();
    const terminal = this.#output.isTTY === true;
    if (!finished && (done === 0 || (!terminal && now - this.#lastLine < this.#linesEvery))) return;
    this.#lastLine = now;
    const text = formatCaching(event);
    if (terminal) this.#output.write(`\r\u001b[K${text}${finished ? "\n" : ""}`);
    else this.#line(text);
  }

  #fitting({ part, what, done, seconds, finished }: Extract<TrainEvent, { type: "fitting" }>): void {
    const now = performance.now();
    const terminal = this.#output.isTTY === true;
    if (!finished && !terminal && now - this.#lastLine < this.#linesEvery) return;
    this.#lastLine = now;
    const text = `Fitting ${part} (${what}) to ${done} items (${seconds.toFixed(1)} s)`;
    if (terminal) this.#output.write(`\r\u001b[K${text}${finished ? "\n" : ""}`);
    else this.#line(text);
  }

  #step({ batch, loss, progress, epoch }: Extract<TrainEvent, { type: "step" }>): void {
    const shown = { loss, ...withoutLoss(progress) };
    if (this.#bar !== null) {
      this.#bar.update(batch + 1, { values: show({ ...shown, ...this.#validation }) });
      return;
    }
    const now = performance.now();
    if (now - this.#lastLine < this.#linesEvery) return;
    this.#lastLine = now;
    this.#line(
      `epoch ${epoch}, batch ${batch + 1}${this.#batches === null ? "" : ` of ${this.#batches}`}: ${show(shown)}`,
    );
  }

  #startBar(name: string, batches: number | null): void {
    if (this.#output.isTTY !== true || batches === null) return;
    this.#bar = new SingleBar({
      format: `${name} {bar} {percentage}% | {value}/{total} | {eta_formatted} left | {values}`,
      barCompleteChar: "█",
      barIncompleteChar: "░",
      barsize: 24,
      // Lines are cut instead: what is switched off on a terminal stays off when the process is ended by a signal.
      linewrap: true,
      clearOnComplete: true,
      etaBuffer: 50,
      stream: this.#output as unknown as NodeJS.WritableStream,
      forceRedraw: true,
    });
    this.#bar.start(batches, 0, { values: "" });
  }

  #stopBar(): void {
    this.#bar?.stop();
    this.#bar = null;
  }

  /** A line that does not break the bar. */
  #pauseFor(text: string): void {
    if (this.#bar !== null) this.#output.write("\r\u001b[K");
    this.#line(text);
  }

  #line(text: string): void {
    this.#output.write(`${text}\n`);
  }
}

function show(values: Scalars, stage?: string): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        `${stage !== undefined && name.startsWith(`${stage}/`) ? name.slice(stage.length + 1) : name} ${number(value)}`,
    )
    .join("  ");
}

function number(value: number): string {
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(2);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : value.toFixed(4);
}

function withoutLoss(values: Scalars): Scalars {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name !== "train/loss"));
}
