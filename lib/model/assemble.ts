import { CacheConfig, checkCacheConfig } from "../cache/cache-config.js";
import { readConfig, type ConfigClass } from "../config.js";
import type { AttachedMetric } from "../contracts/metric.js";
import type { Group, Kind } from "../contracts/samples.js";
import { FrozenEncoder, TrainableEncoder } from "../contracts/encoder.js";
import type { Head } from "../contracts/head.js";
import { usesMemory, type SimilarityLoss } from "../contracts/loss.js";
import type { Part } from "../contracts/part.js";
import type { Transform } from "../contracts/optimizer.js";
import { savedDistance } from "../distances/index.js";
import { AssemblyError, LikewiseError } from "../errors.js";
import { XbmConfig } from "../memory/xbm-config.js";
import type { Random } from "../random.js";
import type { HostTensors } from "../tensor/host.js";
import { under } from "../tensor/tree.js";
import { guideProblems, withGuide } from "./guide.js";
import { defaultDistance } from "./model-content.js";
import { countNumbers, initialize, type Encoders } from "./parameters.js";
import type { PartRegistry } from "./part-registry.js";
import { roundTripProblems } from "./round-trip.js";
import type { TrainableModel } from "./trainable-model.js";
import type { ModelContent } from "./model-content.js";
import { numbersOfLoss, shapeProblems, startProblems } from "./start-from.js";
import { Vocabulary } from "./vocabulary.js";
import { workerProblems } from "./worker-problems.js";

/** A model whose every part was read once, checked and frozen. */
export interface Assembled<K extends Kind, Item> {
  readonly model: TrainableModel<K, Item>;
  readonly name: string;
  /** Sorted by name. */
  readonly encoders: Encoders<Item>;
  readonly head: Head;
  readonly loss: SimilarityLoss<K>;
  /** Whose vectors the loss also reads; not a part of what is served. */
  readonly guide: FrozenEncoder<Item> | null;
  readonly optimizer: Transform;
  readonly metrics: readonly AttachedMetric<K>[];
  readonly caches: CacheConfig | null;
  readonly xbm: XbmConfig | null;
  readonly vocabulary: Vocabulary;
  /** First numbers of parameters and state. */
  readonly carried: HostTensors;
}

/** What assembling needs to know of the run. */
export interface AssemblyContext {
  readonly kind: Kind;
  readonly groups: readonly Group[];
  readonly augmented: boolean;
  readonly random: Random;
  readonly parts: PartRegistry;
}

/**
 * Reads every `configure…` method once and checks everything that types cannot see.
 *
 * @param from a trained model, whose encoders, head and numbers are taken.
 * @throws AssemblyError listing every problem that was found.
 */
export function assemble<K extends Kind, Item>(
  model: TrainableModel<K, Item>,
  context: AssemblyContext,
  from: ModelContent<Item> | null = null,
): Assembled<K, Item> {
  const name = model.constructor.name;
  const problems: string[] = [];
  /** Runs a step whose failure is one more problem, not the end of the search. */
  const attempt = <T>(what: string, step: () => T): T | null => {
    try {
      return step();
    } catch (cause) {
      if (!(cause instanceof LikewiseError)) throw cause;
      problems.push(`${what}: ${cause.message}`);
      return null;
    }
  };

  const configured = attempt("configureEncoders", () => model.configureEncoders());
  const encoders = configured === null ? null : byName(configured, problems);
  const inputSize = encoders?.reduce((sum, [, encoder]) => sum + encoder.embeddingSize, 0) ?? null;
  const head = inputSize === null ? null : attempt("configureHead", () => model.configureHead(inputSize));
  if (head !== null && head.inputSize !== inputSize) {
    problems.push(
      `configureHead: ${head.type} takes vectors of ${head.inputSize}, but the encoders give ${describeSizes(encoders ?? [])} = ` +
        `${inputSize}; make it with the inputSize that configureHead receives`,
    );
  }
  const guide = attempt("configureGuide", () => model.configureGuide());
  const guideSize = guide?.embeddingSize ?? null;
  const loss =
    head === null
      ? null
      : attempt("configureLoss", () =>
          model.configureLoss({ embeddingSize: head.outputSize, groups: context.groups, guideSize }),
        );
  const optimizer = attempt("configureOptimizer", () => model.configureOptimizer());
  const metrics = attempt("configureMetrics", () => asArray(model.configureMetrics())) ?? [];
  const caches = attempt("configureCaches", () => readOrNone(CacheConfig, model.configureCaches()));
  const xbm = attempt("configureXbm", () => readOrNone(XbmConfig, model.configureXbm() as XbmConfig | null));

  if (loss !== null) {
    // A loss of the user's own may not save its distance, but the model does.
    attempt("configureLoss", () => savedDistance(loss.distance ?? defaultDistance));
    checkLoss(loss, xbm, context, problems);
    problems.push(...guideProblems(loss, guide, encoders ?? []));
  }
  checkMetrics(metrics, context.kind, problems);
  if (encoders !== null && caches !== null) {
    problems.push(...checkCacheConfig(caches, Object.fromEntries(withGuide(encoders, guide))));
    problems.push(...workerProblems(caches, withGuide(encoders, guide), context.parts.standard));
    if (context.augmented)
      problems.push(
        "configureCaches: the train loader augments items, so their vectors change; drop the cache or augment",
      );
  }
  for (const [encoderName, encoder] of encoders ?? [])
    checkRoundTrip(`encoder "${encoderName}"`, encoder, context.parts, problems);
  if (head !== null) checkRoundTrip("head", head, context.parts, problems);
  if (loss !== null) checkRoundTrip("loss", loss, context.parts, problems);

  if (from !== null && encoders !== null && head !== null) problems.push(...startProblems(encoders, head, from));
  let carried: HostTensors = {};
  if (encoders !== null && head !== null && loss !== null && problems.length === 0) {
    carried = initialize(encoders, head, loss, context.random.fork("initialize"));
    if (from !== null) {
      problems.push(...shapeProblems(carried, from));
      carried = { ...carried, ...from.carried, ...numbersOfLoss(from, loss, context.groups) };
    }
    if (countNumbers(under(carried, "parameters")) === 0) {
      problems.push(
        "nothing to train: every encoder is frozen, the head has no parameters and neither has the loss; use a head that learns " +
          "(SkipConnectionHead, DenseHead) or a trainable encoder",
      );
    }
  }
  if (problems.length > 0 || encoders === null || head === null || loss === null || optimizer === null) {
    throw new AssemblyError(name, problems);
  }
  for (const { metric } of metrics) if (loss.distance !== null) metric.useDistance(loss.distance);
  const vocabulary = new Vocabulary(context.groups, loss.closedVocabulary);
  return Object.freeze({
    model,
    name,
    // What they have learned from data is not in their configurations.
    encoders: from?.encoders ?? encoders,
    head: from?.head ?? head,
    loss,
    guide,
    optimizer,
    metrics,
    caches,
    xbm,
    vocabulary,
    carried,
  });
}

/** A configuration that a method gave, also as a plain object, which callers without a compiler may give. */
function readOrNone<T extends object>(type: ConfigClass<T>, given: T | null): T | null {
  return given === null ? null : readConfig(type, given);
}

function byName<Item>(
  configured: ReturnType<TrainableModel<Kind, Item>["configureEncoders"]>,
  problems: string[],
): Encoders<Item> {
  const isOne = configured instanceof FrozenEncoder || configured instanceof TrainableEncoder;
  const named = isOne ? { default: configured } : configured;
  const encoders = Object.entries(named).sort(([left], [right]) =>
    left < right ? -1 : 1,
  ) as unknown as Encoders<Item>;
  if (encoders.length === 0) problems.push("configureEncoders: there is no encoder; return at least one");
  for (const [name, encoder] of encoders) {
    if (!/^[\w.-]+$/u.test(name)) {
      problems.push(`configureEncoders: name "${name}" may only hold letters, digits, "_", "-" and "."`);
    }
    if (!Number.isInteger(encoder.embeddingSize) || encoder.embeddingSize < 1) {
      const made = encoder.constructor.name;
      problems.push(
        `encoder "${name}" (${made}): embeddingSize must be a whole number from 1, got ${String(encoder.embeddingSize)}`,
      );
    }
  }
  return encoders;
}

function checkLoss(
  loss: SimilarityLoss<Kind>,
  xbm: XbmConfig | null,
  { kind, groups }: AssemblyContext,
  problems: string[],
): void {
  const { groupCount } = loss;
  if (groupCount !== null && groupCount < groups.length) {
    problems.push(
      `configureLoss: ${loss.type} knows ${groupCount} groups, but the train loader has ${groups.length}; make it with the groups that ` +
        `configureLoss({ embeddingSize, groups }) receives (LossContext)`,
    );
  }
  if (loss.kind !== kind) {
    problems.push(
      `configureLoss: ${loss.type} learns from "${loss.kind}" samples, but the train loader gives "${kind}" samples`,
    );
  }
  if (xbm === null) return;
  if (kind !== "group" && kind !== "pair") {
    problems.push(
      `configureXbm: rows of "${kind}" samples cannot be remembered; return null, or learn from groups or pairs`,
    );
  } else if (!usesMemory(loss)) {
    const others =
      kind === "group" ? "TripletLoss or OnlineContrastiveLoss" : "MultipleNegativesRankingLoss, which has negatives";
    problems.push(
      `configureXbm: ${loss.type} cannot compare with remembered rows (it has no computeAgainst); use ${others}, or return null`,
    );
  }
}

function checkMetrics(metrics: readonly AttachedMetric<never>[], kind: Kind, problems: string[]): void {
  const seen = new Set<string>();
  for (const { metric, name } of metrics) {
    if (metric.kinds?.includes(kind) === false) {
      const read = metric.kinds.map((each) => `"${each}"`).join(" or ");
      problems.push(
        `configureMetrics: ${metric.constructor.name} ("${name}") reads targets of ${read} samples, but the train loader gives "${kind}" ` +
          `samples; leave it out, or attach a metric of "${kind}" samples`,
      );
    }
    if (seen.has(name))
      problems.push(
        `configureMetrics: two metrics are called "${name}"; give one another name: attach(metric, { name })`,
      );
    seen.add(name);
  }
}

/** A part that does not come back from its own configuration would be lost when the model is saved. */
function checkRoundTrip(what: string, part: Part, parts: PartRegistry, problems: string[]): void {
  problems.push(...roundTripProblems(part, parts).map((problem) => `${what}: ${problem}`));
}

function asArray<K extends Kind>(
  metrics: AttachedMetric<K> | readonly AttachedMetric<K>[],
): readonly AttachedMetric<K>[] {
  return "metric" in metrics ? [metrics] : metrics;
}

function describeSizes(encoders: Encoders<never>): string {
  return encoders.map(([name, { embeddingSize }]) => `${name} ${embeddingSize}`).join(" + ");
}
