import type { Group } from "../../lib/contracts/samples.js";
import type { BalanceSettings } from "../compositions/balanced.js";
import { show } from "../show.js";
import { isCount, optionProblems, type LoaderOptions } from "./options.js";

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
  /** Balanced training batches, or plainly shuffled ones (false). Default true. */
  readonly balance?: boolean | BalanceOptions;
  /** The group of a sample of a dataset without reading it; otherwise balancing reads every sample once. */
  readonly groupAt?: (position: number) => Group;
}

/** Problems, what balance asks for (null: none), and the options with the batch size that follows. */
export interface CheckedGroupOptions<Item> {
  readonly problems: readonly string[];
  readonly balance: BalanceSettings | null;
  readonly options: LoaderOptions<Item>;
}

export function checkGroupOptions<Item>(options: GroupLoaderOptions<Item>): CheckedGroupOptions<Item> {
  const problems = optionProblems(options, ["balance", "groupAt"]);
  const { balance = options.shuffle !== false, groupAt, ...common } = options;
  if (groupAt !== undefined && typeof groupAt !== "function") {
    problems.push(`groupAt: expected a function, got ${show(groupAt)}`);
  }
  if (balance === false) return { problems, balance: null, options: common };
  if ((typeof balance !== "object" && balance !== true) || (balance as unknown) === null) {
    return {
      problems: [...problems, `balance: expected true, false or an object, got ${show(balance)}`],
      balance: null,
      options: common,
    };
  }
  if (options.shuffle === false)
    problems.push("shuffle: balanced batches are drawn at random; give balance: false to keep the order");
  const asked = balance === true ? {} : balance;
  problems.push(...balanceProblems(asked, options.batchSize));
  const { groups, perGroup, singles = options.augment === undefined ? "error" : "repeat" } = asked;
  const batchSize = groups !== undefined && perGroup !== undefined ? groups * perGroup : options.batchSize;
  return {
    problems,
    balance: {
      asked: { ...(groups === undefined ? {} : { groups }), ...(perGroup === undefined ? {} : { perGroup }) },
      singles,
    },
    options: batchSize === undefined ? common : { ...common, batchSize },
  };
}

function balanceProblems(asked: BalanceOptions, batchSize: number | undefined): string[] {
  const problems = Object.keys(asked)
    .filter((name) => !["groups", "perGroup", "singles"].includes(name))
    .map((name) => `balance.${name}: unknown option; known: groups, perGroup, singles`);
  const { groups, perGroup, singles } = asked;
  for (const [name, value] of Object.entries({ groups, perGroup })) {
    if (value !== undefined && (!isCount(value) || value < 2)) {
      problems.push(`balance.${name}: expected a whole number from 2, got ${show(value)}`);
    }
  }
  if (singles !== undefined && !["error", "repeat", "skip"].includes(singles)) {
    problems.push(`balance.singles: expected "error", "repeat" or "skip", got ${show(singles)}`);
  }
  if (problems.length > 0) return problems;
  const size = batchSize ?? 64;
  if (groups !== undefined && perGroup !== undefined) {
    if (batchSize !== undefined && batchSize !== groups * perGroup) {
      problems.push(`batchSize: ${batchSize} is not ${groups} groups × ${perGroup} samples; leave it out`);
    }
  } else if (size < 4) {
    problems.push(`batchSize: ${size} has no room for 2 groups of 2 samples; give 4 or more, or balance: false`);
  } else {
    for (const [name, value] of Object.entries({ groups, perGroup })) {
      if (value !== undefined && (size % value !== 0 || size / value < 2)) {
        problems.push(`balance.${name}: ${value} does not divide the batchSize ${size} into 2 or more`);
      }
    }
  }
  return problems;
}
