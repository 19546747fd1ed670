import type { Batch } from "../../lib/contracts/batch.js";
import {
  Loader,
  loaderProblem,
  type EpochRequest,
  type ItemPlaces,
  type PlaceOptions,
} from "../../lib/contracts/loader.js";
import { flag, oneOf, refuse, requireOptions, unknownOptions } from "../../lib/contracts/options.js";
import type { Group, Kind } from "../../lib/contracts/samples.js";
import type { Random } from "../../lib/random.js";
import { JoinedPlaces } from "./joined-places.js";

/** Options of a `MixedLoader`. */
export interface MixedLoaderOptions {
  /**
   * "proportional" (default): batches of all loaders in random order, so that each has as many as it would have alone. "round-robin":
   * one batch of each in turn, until one loader has no more.
   */
  readonly order?: "proportional" | "round-robin";
  /** Groups of different loaders are different, also when they have the same name: "name/group". Default true. */
  readonly separateGroups?: boolean;
}

/**
 * Gives batches of several loaders of one kind, each batch from one of them: several datasets for one model, without negatives from a
 * dataset that is about something else.
 *
 * @throws ConfigError for no loader, or loaders of different kinds.
 */
export class MixedLoader<K extends Kind, Item> extends Loader<K, Item> {
  override readonly kind: K;
  readonly #loaders: readonly (readonly [name: string, loader: Loader<K, Item>])[];
  readonly #inTurn: boolean;
  readonly #separate: boolean;

  constructor(loaders: Readonly<Record<string, Loader<K, Item>>>, options: MixedLoaderOptions = {}) {
    super();
    requireOptions("MixedLoader", loaders, "loaders under names, such as { questions: loader, titles: loader }");
    const { order = "proportional", separateGroups = true } = options;
    const named = Object.entries(loaders);
    const [first] = named;
    refuse(
      "MixedLoader",
      named.map(([name, loader]) => loaderProblem(`loaders.${name}`, loader)),
    );
    refuse("MixedLoader", [
      oneOf("order", order, ["proportional", "round-robin"]),
      flag("separateGroups", separateGroups),
      ...unknownOptions(options, ["order", "separateGroups"]),
      first === undefined ? "loaders: expected one loader or more, each under a name" : null,
      ...named.map(([name, { kind }]) =>
        kind === first?.[1].kind ? null : `loaders: "${name}" gives ${kind} samples, "${first?.[0] ?? ""}" others`,
      ),
      ...named.map(([name, { batchesPerEpoch }]) =>
        order === "proportional" && batchesPerEpoch === null
          ? `loaders: "${name}" does not know how many batches it has; read it into an array, or give order: "round-robin"`
          : null,
      ),
    ]);
    this.kind = (first as readonly [string, Loader<K, Item>])[1].kind;
    this.#loaders = named;
    this.#inTurn = order === "round-robin";
    this.#separate = separateGroups;
  }

  override get batchesPerEpoch(): number | null {
    const counts = this.#loaders.map(([, { batchesPerEpoch }]) => batchesPerEpoch);
    if (counts.includes(null)) return null;
    const known = counts as readonly number[];
    return this.#inTurn ? Math.min(...known) * known.length : known.reduce((sum, count) => sum + count, 0);
  }

  override get augmented(): boolean {
    return this.#loaders.some(([, { augmented }]) => augmented);
  }

  override epoch(request: EpochRequest): AsyncIterable<Batch<K, Item>> {
    return this.#merged(
      request,
      this.#loaders.map(([, loader]) => loader),
    );
  }

  override async *items(): AsyncGenerator<Item, void, undefined> {
    for (const [, loader] of this.#loaders) yield* loader.items();
  }

  override async groups(): Promise<readonly Group[]> {
    const all = new Set<Group>();
    for (const [place, [, loader]] of this.#loaders.entries()) {
      for (const group of await loader.groups()) all.add(this.#nameOf(group, place));
    }
    return [...all];
  }

  /** Null when one of the loaders gives none, and for a class that makes its own batches or items. */
  override places(options?: PlaceOptions): ItemPlaces<K, Item> | null {
    const own = MixedLoader.prototype;
    if (this.epoch !== own.epoch || this.items !== own.items) return null;
    const parts = this.#loaders.map(([, loader]) => loader.places(options));
    const all = parts.filter((part) => part !== null);
    if (all.length < parts.length) return null;
    const joined = new JoinedPlaces(all);
    return {
      itemCount: joined.itemCount,
      epoch: (request) => this.#merged(request, joined.parts),
      blocks: () => joined.blocks(),
      read: (places) => joined.read(places),
      ...(all.some((part) => "problem" in part) ? { problem: () => joined.problem() } : {}),
    };
  }

  /** Batches of one epoch of all loaders, or of what stands for them. */
  async *#merged<Of>(
    request: EpochRequest,
    parts: readonly { epoch(request: EpochRequest): AsyncIterable<Batch<K, Of>> }[],
  ): AsyncGenerator<Batch<K, Of>, void, undefined> {
    const { random, training, skip = 0 } = request;
    const sources = parts.map((part, place) =>
      part.epoch({ ...request, random: random.fork(this.#loaders[place]![0]), skip: 0 })[Symbol.asyncIterator](),
    );
    let position = 0;
    try {
      for await (const [source, batch] of training ? this.#mixed(sources, request) : oneByOne(sources)) {
        if (position >= skip) yield { ...this.#renamed(batch, source), position };
        position += 1;
      }
    } finally {
      for (const source of sources) await source.return?.();
    }
  }

  async *#mixed<Of>(sources: readonly AsyncIterator<Batch<K, Of>>[], { epoch, random }: EpochRequest) {
    if (this.#inTurn) {
      for (;;) {
        const round: Batch<K, Of>[] = [];
        for (const source of sources) {
          const next = await source.next();
          if (next.done === true) return;
          round.push(next.value);
        }
        yield* round.map((batch, place) => [place, batch] as const);
      }
    }
    const ended = new Set<number>();
    for (const place of this.#turns(random.fork(`order ${epoch}`))) {
      if (ended.has(place)) continue;
      const next = await sources[place]!.next();
      if (next.done === true) ended.add(place);
      else yield [place, next.value] as const;
    }
    // Those that have more batches than they said.
    yield* oneByOne(sources);
  }

  /** Whose batch comes when. */
  #turns(random: Random): number[] {
    return random.shuffle(
      this.#loaders.flatMap(([, { batchesPerEpoch }], place) => new Array<number>(batchesPerEpoch ?? 0).fill(place)),
    );
  }

  #nameOf(group: Group, place: number): Group {
    return this.#separate ? `${this.#loaders[place]![0]}/${group}` : group;
  }

  #renamed<Of>(batch: Batch<K, Of>, place: number): Batch<K, Of> {
    const dataset = this.#loaders[place]![0];
    if (!("groups" in batch.targets)) return { ...batch, dataset };
    return {
      ...batch,
      dataset,
      targets: { ...batch.targets, groups: batch.targets.groups.map((group) => this.#nameOf(group, place)) },
    };
  }
}

async function* oneByOne<T>(
  sources: readonly AsyncIterator<T>[],
): AsyncGenerator<readonly [number, T], void, undefined> {
  for (const [place, source] of sources.entries()) {
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield [place, next.value];
  }
}
