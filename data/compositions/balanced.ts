import { DataError } from "../../lib/errors.js";
import type { GroupSample } from "../../lib/contracts/samples.js";
import type { Random } from "../../lib/random.js";
import { balanceShape, type BalanceShape } from "../samplers/balance-shape.js";
import { balancedBatches, balancedCount } from "../samplers/balanced.js";
import { collectBalanced } from "../samplers/balanced-stream.js";
import { groupSizes, type GroupTable } from "../samplers/group-table.js";
import type { Positions } from "../samplers/plain.js";
import { cutCount, type BatchSettings, type Composition } from "./composition.js";
import { withoutSingles, type Singles } from "./singles.js";

/** What is asked of balanced batches. */
export interface BalanceSettings {
  readonly asked: Partial<BalanceShape>;
  readonly singles: Singles;
}

/** The groups of a source of known length: at hand, or to be read. */
export interface GroupSource {
  now(): GroupTable | null;
  read(): Promise<GroupTable>;
}

/** Batches of P groups with K rows each; always whole. */
export class BalancedComposition<Item> implements Composition<"group", Item> {
  readonly wholeBatch = 0;
  readonly key = null;
  readonly #who: string;
  readonly #source: GroupSource;
  readonly #settings: BatchSettings;
  readonly #balance: BalanceSettings;

  constructor(who: string, source: GroupSource, settings: BatchSettings, balance: BalanceSettings) {
    this.#who = who;
    this.#source = source;
    this.#settings = settings;
    this.#balance = balance;
  }

  /** What is wrong with the groups is said by the training epoch; a loader that only validates need not hear it. */
  count(length: number): number | null {
    const known = this.#source.now();
    if (known === null) return null;
    try {
      const { table, shape } = this.#prepare(known);
      return balancedCount(table, shape);
    } catch (error) {
      if (error instanceof DataError) return cutCount(length, this.#settings);
      throw error;
    }
  }

  async positions(_length: number, random: Random): Promise<Iterable<Positions>> {
    const { table, shape } = this.#prepare(this.#source.now() ?? (await this.#source.read()));
    return balancedBatches(table, shape, random);
  }

  stream<Of>(samples: AsyncIterable<GroupSample<Of>>, random: Random): AsyncIterable<readonly GroupSample<Of>[]> {
    const prepare = (held: GroupTable, whole: boolean) => this.#prepare(held, whole);
    return collectBalanced(
      samples,
      { groupOf: ({ group }) => group, bufferSize: this.#settings.shuffleBuffer, prepare },
      random,
    );
  }

  /** A group of which only a part is seen may have more rows than one. */
  #prepare(all: GroupTable, whole = true): { table: GroupTable; shape: BalanceShape } {
    const { singles, asked } = this.#balance;
    const table = whole ? withoutSingles(this.#who, all, singles) : all;
    const who = whole ? this.#who : `${this.#who} (the first ${all.rows.length} samples of the stream)`;
    return { table, shape: balanceShape(who, asked, this.#settings.batchSize, groupSizes(table)) };
  }
}
