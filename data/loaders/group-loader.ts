import type { Batch } from "../../lib/contracts/batch.js";
import { Loader, type EpochRequest } from "../../lib/contracts/loader.js";
import type { Group, GroupSample } from "../../lib/contracts/samples.js";
import { BalancedComposition, type GroupSource } from "../compositions/balanced.js";
import { plainComposition } from "../compositions/plain.js";
import { groupForm } from "../samples/group-form.js";
import { groupTable, type GroupTable } from "../samplers/group-table.js";
import { SampleReader } from "../sources/sample-reader.js";
import type { Samples } from "../sources/source.js";
import { Epochs } from "./epochs.js";
import { checkGroupOptions, type GroupLoaderOptions } from "./group-options.js";
import { settleOptions } from "./options.js";

const WHO = "GroupLoader";

/**
 * Gives batches of items with the group each belongs to. In training each batch has `balance.groups` groups with `balance.perGroup`
 * samples each, all different where the group has that many. An epoch is as long as it takes to show every sample: a group of n samples
 * is drawn `ceil(n / perGroup)` times, the last draw filled up with some of its samples again. A group larger than the rest together
 * can show is seen in part, another part each epoch. `balance: false` gives each sample once instead.
 *
 * `batchesPerEpoch` is that of training; without training (validation) each sample comes once, in order, in batches of `batchSize`.
 *
 * @throws ConfigError listing every wrong option, DataError when there are no samples.
 */
export class GroupLoader<Item> extends Loader<"group", Item> {
  readonly kind = "group";
  readonly augmented: boolean;
  readonly #reader: SampleReader<"group", Item>;
  readonly #epochs: Epochs<"group", Item>;
  readonly #groupAt: ((position: number) => Group) | undefined;
  #table: GroupTable | null = null;
  #names: readonly Group[] | null = null;

  constructor(samples: Samples<GroupSample<Item>>, options: GroupLoaderOptions<NoInfer<Item>> = {}) {
    super();
    const { problems, balance, options: common } = checkGroupOptions<Item>(options);
    const settings = settleOptions<Item>(WHO, common, problems);
    const { groupAt } = options;
    this.#groupAt = groupAt;
    this.#reader = new SampleReader<"group", Item>(WHO, groupForm, samples, ({ group }, position) =>
      groupAt === undefined || groupAt(position) === group
        ? null
        : `is of group ${JSON.stringify(group)}, but groupAt(${position}) is ${JSON.stringify(groupAt(position))}`,
    );
    const source: GroupSource = { now: () => this.#tableNow(), read: () => this.#readTable() };
    const composition =
      balance === null
        ? plainComposition<GroupSample<Item>>(settings)
        : new BalancedComposition<Item>(WHO, source, settings, balance);
    this.#epochs = new Epochs(this.#reader, settings, composition);
    this.augmented = this.#epochs.augmented;
  }

  /** Null for streams, and for balanced datasets until their groups are known. */
  get batchesPerEpoch(): number | null {
    return this.#epochs.batchesPerEpoch;
  }

  /** The batches of one epoch, made as they are asked for. */
  epoch(request: EpochRequest): AsyncIterable<Batch<"group", Item>> {
    return this.#epochs.epoch(request);
  }

  items(): AsyncIterable<Item> {
    return this.#epochs.items();
  }

  /** Reads a dataset or a stream once, the first time. */
  async groups(): Promise<readonly Group[]> {
    if (this.#names !== null) return this.#names;
    if (this.#reader.length !== null) {
      this.#names = (this.#tableNow() ?? (await this.#readTable())).names;
    } else {
      const names = new Set<Group>();
      for await (const { group } of this.#reader.all()) names.add(group);
      this.#names = [...names];
    }
    return this.#names;
  }

  #tableNow(): GroupTable | null {
    if (this.#table !== null) return this.#table;
    const samples = this.#reader.now();
    if (samples !== null) return (this.#table = groupTable(samples.map(({ group }) => group)));
    const { length } = this.#reader;
    const groupAt = this.#groupAt;
    if (length === null || groupAt === undefined) return null;
    return (this.#table = groupTable(Array.from({ length }, (_, position) => groupAt(position))));
  }

  async #readTable(): Promise<GroupTable> {
    const groups: Group[] = [];
    for await (const { group } of this.#reader.all()) groups.push(group);
    return (this.#table = groupTable(groups));
  }
}
