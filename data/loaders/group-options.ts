import {
  callback,
  count,
  oneOf,
  optionProblems,
  wholeNumber,
  type Check,
  type Problem,
} from "../../lib/contracts/options.js";
import type { Group } from "../../lib/contracts/samples.js";
import { show } from "../../lib/show.js";
import type { BalanceSettings } from "../compositions/balanced.js";
import type { CategorySettings } from "../compositions/categories.js";
import { BATCH_SIZE, loaderProblems, type LoaderOptions } from "./options.js";

/** What balanced batches look like: `groups` different groups with `perGroup` samples each. */
export interface BalanceOptions<Item = never> {
  /** Groups a batch, from 2; with `categories`, groups of each category, from 1. Default as many as fit into `batchSize`. */
  readonly groups?: number;
  /** Samples a group, from 2. Default 4 for a `batchSize` of 16 or more when the typical group has that many, else 2. */
  readonly perGroup?: number;
  /**
   * Groups with one sample: an error that names them, its sample as often as needed, or not in training batches. Default "error", but
   * "repeat" when there is an `augment`.
   */
  readonly singles?: "error" | "repeat" | "skip";
  /**
   * Draws categories first, then `groups` groups of each: with few categories a batch, more of the negatives are of the same category and
   * hard to tell apart. Arrays and datasets only. Default none.
   */
  readonly categories?: CategoryOptions<Item>;
  /**
   * Batches an epoch. Then every group (or category) is drawn equally often, whatever its size, and rows of each in turn. Default: as many
   * as it takes to show every sample. Arrays and datasets only, as are the next two.
   */
  readonly batchesPerEpoch?: number;
  /** Groups that training batches are made of. Default all. */
  readonly only?: readonly Group[];
  /** The first so many samples of each group, the others are not in training batches. Default all. */
  readonly mostPerGroup?: number;
}

/** Batches of groups that are drawn category by category. */
export interface CategoryOptions<Item = never> {
  /** The category of a group: a function, or the field of the items that holds it (a text or a number, equal within a group). */
  readonly of: ((group: Group) => Group) | (keyof Item & string);
  /** Different categories a batch. Default 2. */
  readonly perBatch?: number;
  /**
   * Categories with fewer groups than a batch takes of each: an error that names them, their groups come with more samples ("repeat"),
   * or not in training batches ("skip"). Default "error".
   */
  readonly short?: "error" | "repeat" | "skip";
}

/** Options of a `GroupLoader`. */
export interface GroupLoaderOptions<Item> extends LoaderOptions<Item> {
  /** Balanced training batches, or plainly shuffled ones (false). Default true, but false with `shuffle: false`. */
  readonly balance?: boolean | BalanceOptions<Item>;
  /** The group of a sample of a dataset without reading it; otherwise balancing reads every sample once. */
  readonly groupAt?: (position: number) => Group;
}

const atLeastTwo: Check = (name, value) => wholeNumber(name, value, 2);

const treatment: Check = (name, value) => oneOf(name, value, ["error", "repeat", "skip"]);

const BALANCE_CHECKS: Readonly<Record<keyof BalanceOptions, Check>> = {
  groups: atLeastTwo,
  perGroup: atLeastTwo,
  singles: treatment,
  categories: (name, value) =>
    typeof value === "object" && value !== null ? null : `${name}: expected an object, got ${show(value)}`,
  batchesPerEpoch: count,
  only: (name, value) =>
    Array.isArray(value) && value.length > 0 && value.every((group) => ["string", "number"].includes(typeof group))
      ? null
      : `${name}: expected a list of groups, got ${show(value)}`,
  mostPerGroup: count,
};

const CATEGORY_CHECKS: Readonly<Record<keyof CategoryOptions, Check>> = {
  of: (name, value) =>
    typeof value === "function" || (typeof value === "string" && value !== "")
      ? null
      : `${name}: expected a function of the group, or a field of the items, got ${show(value)}`,
  perBatch: count,
  short: treatment,
};

const isBalance: Check = (name, value) =>
  typeof value === "boolean" || (typeof value === "object" && value !== null)
    ? null
    : `${name}: expected true, false or an object, got ${show(value)}`;

/** What is wrong with the options of a `GroupLoader`. */
export function groupProblems<Item>(options: GroupLoaderOptions<Item>): Problem[] {
  const problems = loaderProblems(options, { balance: isBalance, groupAt: callback });
  const asked = balanceAsked(options);
  if (asked === null) return problems;
  if (options.shuffle === false)
    problems.push("shuffle: balanced batches are drawn at random; give balance: false to keep the order");
  const { categories } = asked;
  const checks = categories === undefined ? BALANCE_CHECKS : { ...BALANCE_CHECKS, groups: count };
  const wrong = [
    ...optionProblems(asked, checks).filter((problem) => problem !== null),
    ...(typeof categories === "object" ? categoryProblems(categories, options) : []),
  ];
  return [
    ...problems,
    ...(wrong.length > 0 ? wrong.map((problem) => `balance.${problem}`) : shapeProblems(asked, options.batchSize)),
  ];
}

/** What balance asks for (null: none), and the options with the batch size that follows. */
export function groupSettings<Item>(options: GroupLoaderOptions<Item>): {
  readonly balance: BalanceSettings | null;
  /** Null: categories are not looked at. */
  readonly categories: (CategorySettings & Pick<CategoryOptions<Item>, "of">) | null;
  readonly options: LoaderOptions<Item>;
} {
  const asked = balanceAsked(options);
  if (asked === null) return { balance: null, categories: null, options };
  const { groups, perGroup, categories, singles = options.augment === undefined ? "error" : "repeat" } = asked;
  const { batchesPerEpoch: batches, only = null, mostPerGroup = null } = asked;
  const shape = {
    ...(groups === undefined ? {} : { groups }),
    ...(perGroup === undefined ? {} : { perGroup }),
    ...(batches === undefined ? {} : { batches }),
  };
  const perBatch = categories === undefined ? 1 : (categories.perBatch ?? CATEGORIES);
  const fixed = groups === undefined || perGroup === undefined ? {} : { batchSize: perBatch * groups * perGroup };
  const balance = { asked: shape, chosen: { only, mostPerGroup }, singles };
  return {
    balance,
    categories:
      categories === undefined
        ? null
        : { ...balance, categories: perBatch, short: categories.short ?? "error", of: categories.of },
    options: { ...options, ...fixed },
  };
}

/** Categories a batch where nothing is said. */
const CATEGORIES = 2;

function balanceAsked<Item>(options: GroupLoaderOptions<Item>): BalanceOptions<Item> | null {
  const { balance = options.shuffle !== false } = options;
  if (typeof balance === "object") return balance;
  return balance === true ? {} : null;
}

function categoryProblems<Item>(categories: CategoryOptions<Item>, options: GroupLoaderOptions<Item>): string[] {
  const wrong = optionProblems(categories, CATEGORY_CHECKS).filter((problem) => problem !== null);
  const missing = (categories as Partial<CategoryOptions<Item>>).of === undefined;
  return [
    ...(missing ? ["of: is missing; give a function of the group, or a field of the items"] : []),
    ...(typeof categories.of === "string" && options.groupAt !== undefined
      ? ["of: a field is read from the items, which groupAt is to spare; give a function of the group"]
      : []),
    ...wrong,
  ].map((problem) => `categories.${problem}`);
}

/** Whether so many groups and samples make batches of this size. */
function shapeProblems<Item>(asked: BalanceOptions<Item>, batchSize: number | undefined): Problem[] {
  const { groups, perGroup, categories } = asked;
  const size = batchSize ?? BATCH_SIZE;
  if (categories !== undefined) return categoryShapeProblems(asked, categories.perBatch ?? CATEGORIES, batchSize);
  if (groups !== undefined && perGroup !== undefined) {
    if (batchSize === undefined || batchSize === groups * perGroup) return [];
    return [`batchSize: ${batchSize} is not ${groups} groups × ${perGroup} samples; leave it out`];
  }
  if (size < 4) return [`batchSize: ${size} has no room for 2 groups of 2 samples; give 4 or more, or balance: false`];
  return Object.entries({ groups, perGroup }).map(([name, value]) =>
    value !== undefined && (size % value !== 0 || size / value < 2)
      ? `balance.${name}: ${value} does not divide the batchSize ${size} into 2 or more`
      : null,
  );
}

function categoryShapeProblems<Item>(
  { groups, perGroup }: BalanceOptions<Item>,
  perBatch: number,
  batchSize: number | undefined,
): Problem[] {
  const size = batchSize ?? BATCH_SIZE;
  if (perBatch === 1 && groups === 1)
    return ["balance.groups: one group of one category has no negatives; give 2 or more"];
  if (groups !== undefined && perGroup !== undefined) {
    if (batchSize === undefined || batchSize === perBatch * groups * perGroup) return [];
    return [
      `batchSize: ${batchSize} is not ${perBatch} categories × ${groups} groups × ${perGroup} samples; leave it out`,
    ];
  }
  const least = perBatch * (groups ?? (perBatch === 1 ? 2 : 1)) * (perGroup ?? 2);
  return size < least
    ? [
        `batchSize: ${size} has no room for ${perBatch} categories × ${groups ?? "some"} groups × ${perGroup ?? 2} samples; ` +
          `give ${least} or more`,
      ]
    : [];
}
