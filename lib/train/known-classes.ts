import { show } from "../show.js";
import type { HostTargets } from "../contracts/batch.js";
import { refuse, requireOptions, unknownOptions } from "../contracts/options.js";
import { tellsQueries, type Metric } from "../contracts/metric.js";
import type { Group } from "../contracts/samples.js";
import { UsageError } from "../errors.js";
import { GrowingRows } from "../tensor/growing-rows.js";
import type { BatchOutcome, Callback, CallbackContext } from "./callback.js";
import type { Direction } from "./monitor.js";

/** Options of `KnownClasses`. */
export interface KnownClassesOptions {
  /** What is measured, each under its name; instances of their own, not those that are attached to the model. */
  readonly metrics: readonly Metric<"group">[];
  /** Labels that count as known. Default: those of the train loader. */
  readonly known?: Iterable<Group>;
}

const PARTS = ["known", "unknown"] as const;

/**
 * A callback that tells apart, at every validation and test, what a model is worth for classes it is trained on and for others, as
 * `known/<metric>` and `unknown/<metric>`; NaN where there is no such row. Give validation rows of both, and classes that the train loader
 * does not have. What is logged may be monitored: `earlyStopping: { monitor: "unknown/r-precision" }`.
 *
 * Rows of both search among all rows, so that the two numbers are of the same search. A metric that does not tell the number of each query
 * sees the rows of each part alone.
 *
 * `new Trainer({ callbacks: [new KnownClasses({ metrics: [new RPrecision()] })] })`
 */
export class KnownClasses implements Callback {
  readonly name = "KnownClasses";
  readonly readsValidation = true;
  readonly directions: Readonly<Record<string, Direction>>;
  readonly #metrics: readonly Metric<"group">[];
  readonly #known: ReadonlySet<Group> | null;
  #rows: GrowingRows | null = null;
  #groups: number[] = [];

  /** @throws ConfigError. */
  constructor(options: KnownClassesOptions) {
    requireOptions("KnownClasses", options, "options such as { metrics: [metric] }");
    const { metrics, known } = options;
    const given: readonly Metric<"group">[] = Array.isArray(metrics) ? metrics : [];
    const names = given.map((metric: Partial<Metric<"group">> | null, at) => metric?.name ?? `metrics[${at}]`);
    refuse("KnownClasses", [
      given.length === 0 ? `metrics: expected a list of one metric or more, got ${show(metrics)}` : null,
      ...given.map((metric, at) =>
        typeof (metric as Partial<Metric<"group">> | null)?.update === "function"
          ? null
          : `metrics[${at}]: expected a metric, got ${show(metric)}`,
      ),
      ...names
        .filter((name, at) => names.indexOf(name) !== at)
        .map((name) => `metrics: two of them are called "${name}"`),
      ...unknownOptions(options, ["metrics", "known"]),
    ]);
    this.#metrics = metrics;
    this.#known = known === undefined ? null : new Set(known);
    this.directions = Object.fromEntries(
      metrics.flatMap(({ name, higherIsBetter }) =>
        PARTS.map((part) => [`${part}/${name}`, higherIsBetter ? "max" : "min"] as const),
      ),
    );
  }

  onValidationStart(context: CallbackContext): void {
    this.#start(context);
  }

  onTestStart(context: CallbackContext): void {
    this.#start(context);
  }

  onValidationBatchEnd(_context: CallbackContext, outcome: BatchOutcome): void {
    if (outcome.stage !== "sanity") this.#add(outcome);
  }

  onTestBatchEnd(_context: CallbackContext, outcome: BatchOutcome): void {
    this.#add(outcome);
  }

  async onValidationEnd(context: CallbackContext): Promise<void> {
    await this.#finish(context);
  }

  async onTestEnd(context: CallbackContext): Promise<void> {
    await this.#finish(context);
  }

  #start({ run }: CallbackContext): void {
    this.#forget();
    for (const metric of this.#metrics) {
      if (run.distance !== null) metric.useDistance(run.distance);
      metric.useGroups((group) => run.labelOf(group));
    }
  }

  #add({ rows }: BatchOutcome): void {
    if (rows === undefined) return;
    const { embeddings, targets } = rows;
    if (!("groups" in targets))
      throw new UsageError("KnownClasses needs a model of groups; other samples have no classes");
    this.#rows ??= new GrowingRows(embeddings.size, embeddings.rows);
    this.#rows.append(embeddings);
    for (const group of targets.groups) this.#groups.push(group);
  }

  async #finish(context: CallbackContext): Promise<void> {
    const { run } = context;
    const isKnown = this.#groups.map((group) =>
      this.#known === null ? group < run.trainGroups : this.#known.has(run.labelOf(group)),
    );
    const part = (known: boolean): number[] => [...isKnown.keys()].filter((row) => isKnown[row] === known);
    const parts = [part(true), part(false)];
    for (const metric of this.#metrics) {
      const values = await this.#valuesOf(metric, parts);
      PARTS.forEach((name, at) => context.log(`${name}/${metric.name}`, values[at]!, { weight: 1 }));
    }
    this.#forget();
  }

  async #valuesOf(metric: Metric<"group">, parts: readonly (readonly number[])[]): Promise<number[]> {
    if (!tellsQueries(metric)) {
      const values: number[] = [];
      for (const rows of parts) values.push(await this.#valueOf(metric, rows));
      return values;
    }
    this.#show(metric, [...this.#groups.keys()]);
    const each = await metric.perQuery();
    metric.reset();
    return parts.map((rows) => {
      const own = rows.map((row) => each[row]!).filter((value) => !Number.isNaN(value));
      return own.reduce((sum, value) => sum + value, 0) / own.length;
    });
  }

  async #valueOf(metric: Metric<"group">, rows: readonly number[]): Promise<number> {
    this.#show(metric, rows);
    const value = await metric.value();
    metric.reset();
    return value;
  }

  #show(metric: Metric<"group">, rows: readonly number[]): void {
    metric.reset();
    if (this.#rows === null || rows.length === 0) return;
    const targets: HostTargets<"group"> = { groups: Int32Array.from(rows, (row) => this.#groups[row]!) };
    metric.update(this.#rows.select(rows).matrix, targets);
  }

  #forget(): void {
    this.#rows = null;
    this.#groups = [];
  }
}
