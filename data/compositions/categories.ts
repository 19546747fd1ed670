import { DataError } from "../../lib/errors.js";
import type { Group } from "../../lib/contracts/samples.js";
import {
  categoryBatches,
  categoryCount,
  categoryTable,
  type CategoryShape,
  type CategoryTable,
} from "../samplers/categories.js";
import { categoryShape } from "../samplers/category-shape.js";
import type { GroupTable } from "../samplers/group-table.js";
import type { BalanceSettings } from "./balanced.js";
import { chosenRows } from "./chosen-rows.js";
import type { BatchSettings } from "./composition.js";
import { PlannedComposition, type BatchPlan, type GroupSource } from "./planned.js";
import { listed, withoutSingles } from "./singles.js";

/** What is asked of batches of categories. */
export interface CategorySettings extends BalanceSettings {
  readonly categories: number;
  /** What is done with categories that have fewer groups than a batch takes of each. */
  readonly short: "error" | "repeat" | "skip";
}

/** Where groups are found, and the category of each. */
export interface CategorySource extends GroupSource {
  categoryOf(group: Group): Group;
}

/** Batches of C categories with P groups of each and K rows of each of these. */
export class CategoryComposition<Item> extends PlannedComposition<Item> {
  readonly #who: string;
  readonly #source: CategorySource;
  readonly #settings: BatchSettings;
  readonly #balance: CategorySettings;

  constructor(who: string, source: CategorySource, settings: BatchSettings, balance: CategorySettings) {
    super(source, settings);
    this.#who = who;
    this.#source = source;
    this.#settings = settings;
    this.#balance = balance;
  }

  protected override plan(groups: GroupTable): BatchPlan {
    const [table, shape] = this.#prepare(groups);
    return { count: categoryCount(table, shape), batches: (random) => categoryBatches(table, shape, random) };
  }

  override stream(): never {
    throw new DataError(
      `${this.#who}: categories are balanced over all groups, so a stream cannot be; give an array or a dataset, or leave out ` +
        `balance.categories`,
    );
  }

  #prepare(all: GroupTable): [CategoryTable, CategoryShape] {
    const { singles, asked, chosen, categories, short } = this.#balance;
    const groups = withoutSingles(this.#who, chosenRows(this.#who, all, chosen), singles);
    const table = categoryTable(groups, (group) => this.#source.categoryOf(group));
    const kept = short === "skip" && asked.groups !== undefined ? this.#withoutShort(table, asked.groups) : table;
    const limits = { batchSize: this.#settings.batchSize, allowed: short !== "error" };
    const shape = categoryShape(this.#who, { ...asked, categories }, limits, kept);
    if (short === "error") this.#refuseShort(table, shape.groups);
    const whole = short === "skip" ? this.#withoutShort(table, shape.groups) : table;
    return [whole, categoryShape(this.#who, shape, limits, whole)];
  }

  #withoutShort({ names, tables }: CategoryTable, groups: number): CategoryTable {
    const enough = names.map((_, category) => tables[category]!.names.length >= groups);
    return { names: names.filter((_, at) => enough[at]), tables: tables.filter((_, at) => enough[at]) };
  }

  #refuseShort({ names, tables }: CategoryTable, groups: number): void {
    const short = names.filter((_, category) => tables[category]!.names.length < groups);
    if (short.length === 0) return;
    throw new DataError(
      `${this.#who}: ${short.length} of ${names.length} categories ${short.length === 1 ? "has" : "have"} fewer than the ` +
        `${groups} groups that a batch takes of each (${listed(short)}). Give a smaller balance.groups; or leave these categories ` +
        `out: balance: { categories: { short: "skip" } }; or let their groups come with more samples: { short: "repeat" }`,
    );
  }
}
