import { refuse } from "../../lib/contracts/options.js";
import type { Group, GroupSample } from "../../lib/contracts/samples.js";
import { BalancedComposition, type BalanceSettings } from "../compositions/balanced.js";
import { CategoryComposition, type CategorySettings } from "../compositions/categories.js";
import type { Composition } from "../compositions/composition.js";
import { plainComposition } from "../compositions/plain.js";
import { groupForm } from "../samples/group-form.js";
import { KnownCategories } from "../sources/known-categories.js";
import { KnownGroups } from "../sources/known-groups.js";
import { SampleReader } from "../sources/sample-reader.js";
import type { Samples } from "../sources/source.js";
import { groupProblems, groupSettings, type GroupLoaderOptions } from "./group-options.js";
import { loaderSettings, type LoaderSettings } from "./options.js";
import { SampleLoader } from "./sample-loader.js";

const WHO = "GroupLoader";

/**
 * Gives batches of items with the group each belongs to. In training each batch has `balance.groups` groups with `balance.perGroup`
 * samples each, all different where the group has that many. An epoch is as long as it takes to show every sample: a group of n samples
 * is drawn `ceil(n / perGroup)` times, the last draw filled up with some of its samples again. A group larger than the rest together
 * can show is seen in part, another part each epoch. `balance: false` gives each sample once instead. With `balance.categories` each
 * batch has some categories, and so many groups of each: negatives that are of the same category are harder.
 *
 * Without training (validation) each sample comes once, in order, in batches of `batchSize`. `batchesPerEpoch` is that of training:
 * null for streams, and for balanced datasets until their groups are known.
 *
 * @throws ConfigError listing every wrong option, DataError when there are no samples.
 */
export class GroupLoader<Item> extends SampleLoader<"group", Item> {
  readonly #groups: KnownGroups<Item>;

  constructor(samples: Samples<GroupSample<Item>>, options: GroupLoaderOptions<NoInfer<Item>> = {}) {
    refuse(WHO, groupProblems(options));
    const { balance, categories, options: common } = groupSettings<Item>(options);
    const settings = loaderSettings<Item>(common);
    const { groupAt } = options;
    const reader = new SampleReader<"group", Item>(WHO, groupForm, samples, ({ group }, position) =>
      groupAt === undefined || groupAt(position) === group
        ? null
        : `is of group ${JSON.stringify(group)}, but groupAt(${position}) is ${JSON.stringify(groupAt(position))}`,
    );
    const kinds = categories === null ? null : new KnownCategories<Item>(WHO, categories.of);
    const groups = new KnownGroups(reader, groupAt, (sample, position) => kinds?.see(sample, position));
    super(reader, settings, compositionOf(groups, kinds, { settings, balance, categories }));
    this.#groups = groups;
  }

  /** Distinct groups in first-seen order; reads a dataset or a stream once, the first time. */
  override groups(): Promise<readonly Group[]> {
    return this.#groups.names();
  }
}

function compositionOf<Item>(
  groups: KnownGroups<Item>,
  kinds: KnownCategories<Item> | null,
  given: {
    readonly settings: LoaderSettings<Item>;
    readonly balance: BalanceSettings | null;
    readonly categories: CategorySettings | null;
  },
): Composition<"group", Item> {
  const { settings, balance, categories } = given;
  if (balance === null) return plainComposition(settings);
  if (categories === null || kinds === null) return new BalancedComposition(WHO, groups, settings, balance);
  const source = {
    now: () => groups.now(),
    read: () => groups.read(),
    categoryOf: (group: Group) => kinds.of(group),
  };
  return new CategoryComposition(WHO, source, settings, categories);
}
