import type { GroupSample } from "../../lib/contracts/samples.js";
import type { Random } from "../../lib/random.js";
import { balanceShape, type BalanceShape } from "../samplers/balance-shape.js";
import { balancedBatches, balancedCount } from "../samplers/balanced.js";
import { collectBalanced } from "../samplers/balanced-stream.js";
import { groupSizes, type GroupTable } from "../samplers/group-table.js";
import { DataError } from "../../lib/errors.js";
import { chosenRows, type ChosenRows } from "./chosen-rows.js";
import type { BatchSettings } from "./composition.js";
import { PlannedComposition, type BatchPlan, type GroupSource } from "./planned.js";
import { withoutSingles, type Singles } from "./singles.js";

/** What is asked of balanced batches. */
export interface BalanceSettings {
  readonly asked: Partial<BalanceShape>;
  readonly chosen: ChosenRows;
  readonly singles: Singles;
}

/** Batches of P groups with K rows each. */
export class BalancedComposition<Item> extends PlannedComposition<Item> {
  readonly #who: string;
  readonly #settings: BatchSettings;
  readonly #balance: BalanceSettings;

  constructor(who: string, source: GroupSource, settings: BatchSettings, balance: BalanceSettings) {
    super(source, settings);
    this.#who = who;
    this.#settings = settings;
    this.#balance = balance;
  }

  protected override plan(groups: GroupTable): BatchPlan {
    const { table, shape } = this.#prepare(groups);
    return { count: balancedCount(table, shape), batches: (random) => balancedBatches(table, shape, random) };
  }

  override stream<Of>(
    samples: AsyncIterable<GroupSample<Of>>,
    random: Random,
  ): AsyncIterable<readonly GroupSample<Of>[]> {
    refuseOfStream(this.#who, this.#balance);
    const prepare = (held: GroupTable, whole: boolean) => this.#prepare(held, whole);
    return collectBalanced(
      samples,
      { groupOf: ({ group }) => group, bufferSize: this.#settings.shuffleBuffer, prepare },
      random,
    );
  }

  /** A group of which only a part is seen may have more rows than one. */
  #prepare(all: GroupTable, whole = true): { table: GroupTable; shape: BalanceShape } {
    const { singles, asked, chosen } = this.#balance;
    const table = whole ? withoutSingles(this.#who, chosenRows(this.#who, all, chosen), singles) : all;
    const who = whole ? this.#who : `${this.#who} (the first ${all.rows.length} samples of the stream)`;
    return { table, shape: balanceShape(who, asked, this.#settings.batchSize, groupSizes(table)) };
  }
}

function refuseOfStream(who: string, { asked, chosen }: BalanceSettings): void {
  const given = Object.entries({ batchesPerEpoch: asked.batches ?? null, ...chosen }).filter(
    ([, value]) => value !== null,
  );
  if (given.length === 0) return;
  throw new DataError(
    `${who}: ${given.map(([name]) => `balance.${name}`).join(", ")} ${given.length === 1 ? "counts" : "count"} over all samples, which a ` +
      `stream does not tell; give an array or a dataset`,
  );
}
