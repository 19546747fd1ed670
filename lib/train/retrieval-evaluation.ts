import { type Problem, oneOf, refuse, requireOptions, unknownOptions, wholeNumber } from "../contracts/options.js";
import type { Json } from "../json.js";
import { collectionProblems, isIterable } from "../retrieval/collection-problems.js";
import { CollectionJudge, type RetrievalCollection } from "../retrieval/collection.js";
import { evaluateModel, type ModelEvaluationOptions, type RankedMeasure } from "../retrieval/evaluate-model.js";
import { show } from "../show.js";
import type { Callback, CallbackContext } from "./callback.js";
import type { Direction } from "./monitor.js";

/** A collection that is read again at each evaluation: where the corpus can be read only once, a function gives it anew. */
export type RepeatableCollection<Item> = Omit<RetrievalCollection<Item>, "corpus"> & {
  readonly corpus: RetrievalCollection<Item>["corpus"] | (() => RetrievalCollection<Item>["corpus"]);
};

/** Options of `RetrievalEvaluation`. */
export interface RetrievalEvaluationOptions<Item> extends Pick<
  ModelEvaluationOptions<number>,
  "chunkSize" | "batchSize" | "prompts"
> {
  /** Queries, corpus and judgements; the items are those that the model takes. */
  readonly collection: RepeatableCollection<Item>;
  /**
   * What is logged, as `evaluateModel` names it: "precision", "recall", "hit-rate" (accuracy), "ndcg", "map" or "mrr" with "@" and a number
   * of nearest documents. Default hit rate, precision and recall at 1, 3, 5 and 10, "mrr@10", "ndcg@10" and "map@100".
   */
  readonly measures?: readonly RankedMeasure<number>[];
  /** Before the names of what is logged, with a slash; for a second collection. Default "retrieval". */
  readonly name?: string;
  /** "validation" (default): at the end of a validation; "epoch": at the end of a training epoch, for runs without validation. */
  readonly at?: "validation" | "epoch";
  /** Every how many of them; the first one always. Default 1. */
  readonly every?: number;
}

const MEASURE = /^(?:precision|recall|hit-rate|ndcg|map|mrr)@([1-9]\d*)$/u;
const DEFAULTS: readonly RankedMeasure<number>[] = [
  ...(["hit-rate", "precision", "recall"] as const).flatMap((measure) =>
    ([1, 3, 5, 10] as const).map((k) => `${measure}@${k}` as const),
  ),
  ...(["mrr@10", "ndcg@10", "map@100"] as const),
];
/** Stages log under these. */
const TAKEN = ["train", "validation", "test"];

/**
 * A callback that measures, while a model is trained, how well it finds what is relevant to queries in a corpus: what `evaluateModel`
 * tells of the model as it is at the end of a validation, with averaged parameters where there are any, as `retrieval/ndcg@10` and so on.
 * What is logged may be monitored: `checkpoint: { monitor: "retrieval/ndcg@10" }` keeps the model that was best at it, and in validations
 * without an evaluation nothing is judged by it.
 *
 * The corpus is encoded anew each time, chunk by chunk; with a `CacheConfig` the vectors of frozen encoders come from the cache.
 *
 * `new Trainer({ callbacks: [new RetrievalEvaluation({ collection: { queries, corpus, relevant } })] })`
 */
export class RetrievalEvaluation<Item> implements Callback {
  readonly name: string;
  readonly readsValidation: boolean;
  readonly readsParameters = true;
  readonly directions: Readonly<Record<string, Direction>>;
  readonly #options: Required<Omit<RetrievalEvaluationOptions<Item>, "chunkSize" | "batchSize" | "prompts">>;
  readonly #settings: ModelEvaluationOptions<number>;
  /** Occasions since the last evaluation. */
  #passed = 0;

  /** @throws ConfigError; UsageError for a judgement of an unknown query. */
  constructor(options: RetrievalEvaluationOptions<Item>) {
    requireOptions("RetrievalEvaluation", options, "options such as { collection: { queries, corpus, relevant } }");
    const { collection, measures = DEFAULTS, name = "retrieval", at = "validation", every = 1, ...settings } = options;
    const { chunkSize, batchSize, prompts, ...unknown } = settings;
    refuse("RetrievalEvaluation", [
      ...collectionProblems(collection, "collection."),
      corpusProblem((collection as Partial<typeof collection> | null)?.corpus),
      ...measuresProblems(measures),
      typeof name !== "string" || name === "" || TAKEN.includes(name)
        ? `name: expected a name other than ${TAKEN.join(", ")}, got ${show(name)}`
        : null,
      oneOf("at", at, ["validation", "epoch"]),
      wholeNumber("every", every, 1),
      chunkSize === undefined ? null : wholeNumber("chunkSize", chunkSize, 1),
      batchSize === undefined ? null : wholeNumber("batchSize", batchSize, 1),
      ...(prompts === undefined ? [] : unknownOptions(prompts, ["query", "document"])),
      ...unknownOptions(unknown, []),
    ]);
    // What is wrong with the judgements is told now, not after the first epoch.
    new CollectionJudge(collection);
    this.name = `RetrievalEvaluation ${name}`;
    this.readsValidation = at === "validation";
    this.#options = { collection, measures, name, at, every };
    const k = [...new Set(measures.map((measure) => Number(MEASURE.exec(measure)?.[1])))];
    this.#settings = { ...settings, k, resamples: 0 };
    this.directions = Object.fromEntries(measures.map((measure) => [`${name}/${measure}`, "max"]));
  }

  state(): Json {
    return this.#passed;
  }

  restore(state: Json): void {
    this.#passed = Number(state);
  }

  async onValidationEnd(context: CallbackContext): Promise<void> {
    if (this.#options.at === "validation") await this.#occasion(context);
  }

  async onTrainEpochEnd(context: CallbackContext): Promise<void> {
    if (this.#options.at === "epoch") await this.#occasion(context);
  }

  async #occasion(context: CallbackContext): Promise<void> {
    const { collection, measures, name, every } = this.#options;
    this.#passed += 1;
    const isKnown = measures.every((measure) => `${name}/${measure}` in context.metrics);
    if (isKnown && this.#passed < every) return;
    this.#passed = 0;
    const { corpus } = collection;
    const read = { ...collection, corpus: typeof corpus === "function" ? corpus() : corpus };
    await using model = await context.model();
    const { values } = await evaluateModel<Item, number>(model, read, this.#settings);
    for (const measure of measures) context.log(`${name}/${measure}`, values[measure]?.value ?? NaN, { weight: 1 });
  }
}

function corpusProblem(corpus: unknown): Problem {
  if (typeof corpus === "function") return null;
  if (!isIterable(corpus)) return "collection.corpus: expected pairs of id and item";
  return "next" in (corpus as object)
    ? "collection.corpus: can be read only once; give a function that makes a new one, () => documents()"
    : null;
}

function measuresProblems(measures: unknown): Problem[] {
  if (!Array.isArray(measures) || measures.length === 0) return ["measures: expected a list of one measure or more"];
  return measures.map((measure: unknown, at) => {
    if (typeof measure !== "string" || !MEASURE.test(measure)) {
      return `measures: expected names such as "ndcg@10", got ${show(measure)}`;
    }
    return measures.indexOf(measure) < at ? `measures: "${measure}" is there twice` : null;
  });
}
