import { DataError } from "../../lib/errors.js";
import type { GroupSample } from "../../lib/contracts/samples.js";
import type { Random } from "../../lib/random.js";
import type { Key } from "../samplers/distinct.js";
import type { GroupTable } from "../samplers/group-table.js";
import type { Positions } from "../samplers/plain.js";
import { cutCount, type BatchSettings, type Composition } from "./composition.js";

/** The groups of a source of known length: at hand, or to be read. */
export interface GroupSource {
  now(): GroupTable | null;
  read(): Promise<GroupTable>;
}

/** The batches of an epoch, and how many there are. */
export interface BatchPlan {
  readonly count: number;
  readonly batches: (random: Random) => Iterable<Positions>;
}

/** Batches that are planned over the groups of all samples; always whole. */
export abstract class PlannedComposition<Item> implements Composition<"group", Item> {
  readonly wholeBatch = 0;
  readonly key = null;
  readonly #source: GroupSource;
  readonly #settings: BatchSettings;

  protected constructor(source: GroupSource, settings: BatchSettings) {
    this.#source = source;
    this.#settings = settings;
  }

  /** @throws DataError when no such batches can be made of the groups. */
  protected abstract plan(groups: GroupTable): BatchPlan;

  abstract stream<Of>(
    samples: AsyncIterable<GroupSample<Of>>,
    random: Random,
    key: (item: Of) => Key,
  ): AsyncIterable<readonly GroupSample<Of>[]>;

  /** What is wrong with the groups is said by the training epoch; a loader that only validates need not hear it. */
  count(length: number): number | null {
    const known = this.#source.now();
    if (known === null) return null;
    try {
      return this.plan(known).count;
    } catch (error) {
      if (error instanceof DataError) return cutCount(length, this.#settings);
      throw error;
    }
  }

  async positions(_length: number, random: Random): Promise<Iterable<Positions>> {
    return this.plan(this.#source.now() ?? (await this.#source.read())).batches(random);
  }
}
