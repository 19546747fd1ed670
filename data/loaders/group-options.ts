import { callback, oneOf, optionProblems, wholeNumber, type Check, type Problem } from "../../lib/contracts/options.js";
import type { Group } from "../../lib/contracts/samples.js";
import { show } from "../../lib/show.js";
import type { BalanceSettings } from "../compositions/balanced.js";
import { BATCH_SIZE, loaderProblems, type LoaderOptions } from "./options.js";

/** What balanced batches look like: `groups` different groups with `perGroup` samples each. */
export interface BalanceOptions {
  /** Groups a batch, from 2. Default as many as fit into `batchSize`. */
  readonly groups?: number;
  /** Samples a group, from 2. Default 4 for a `batchSize` of 16 or more when the typical group has that many, else 2. */
  readonly perGroup?: number;
  /**
   * Groups with one sample: an error that names them, its sample as often as needed, or not in training batches. Default "error", but
   * "repeat" when there is an `augment`.
   */
  readonly singles?: "error" | "repeat" | "skip";
}

/** Options of a `GroupLoader`. */
export interface GroupLoaderOptions<Item> extends LoaderOptions<Item> {
  /** Balanced training batches, or plainly shuffled ones (false). Default true, but false with `shuffle: false`. */
  readonly balance?: boolean | BalanceOptions;
  /** The group of a sample of a dataset without reading it; otherwise balancing reads every sample once. */
  readonly groupAt?: (position: number) => Group;
}

const atLeastTwo: Check = (name, value) => wholeNumber(name, value, 2);

const BALANCE_CHECKS: Readonly<Record<keyof BalanceOptions, Check>> = {
  groups: atLeastTwo,
  perGroup: atLeastTwo,
  singles: (name, value) => oneOf(name, value, ["error", "repeat", "skip"]),
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
  const wrong = optionProblems(asked, BALANCE_CHECKS).filter((problem) => problem !== null);
  return [
    ...problems,
    ...(wrong.length > 0 ? wrong.map((problem) => `balance.${problem}`) : shapeProblems(asked, options.batchSize)),
  ];
}

/** What balance asks for (null: none), and the options with the batch size that follows. */
export function groupSettings<Item>(options: GroupLoaderOptions<Item>): {
  readonly balance: BalanceSettings | null;
  readonly options: LoaderOptions<Item>;
} {
  const asked = balanceAsked(options);
  if (asked === null) return { balance: null, options };
  const { groups, perGroup, singles = options.augment === undefined ? "error" : "repeat" } = asked;
  const shape = { ...(groups === undefined ? {} : { groups }), ...(perGroup === undefined ? {} : { perGroup }) };
  const fixed = groups === undefined || perGroup === undefined ? {} : { batchSize: groups * perGroup };
  return { balance: { asked: shape, singles }, options: { ...options, ...fixed } };
}

function balanceAsked<Item>(options: GroupLoaderOptions<Item>): BalanceOptions | null {
  const { balance = options.shuffle !== false } = options;
  if (typeof balance === "object") return balance;
  return balance === true ? {} : null;
}

/** Whether so many groups and samples make batches of this size. */
function shapeProblems({ groups, perGroup }: BalanceOptions, batchSize: number | undefined): Problem[] {
  const size = batchSize ?? BATCH_SIZE;
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
