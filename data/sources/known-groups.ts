import type { Group, GroupSample } from "../../lib/contracts/samples.js";
import { groupTable, type GroupTable } from "../samplers/group-table.js";
import type { SampleReader } from "./sample-reader.js";

/** Which samples of a reader belong to which group, found out when it is first asked and kept. */
export class KnownGroups<Item> {
  readonly #reader: SampleReader<"group", Item>;
  readonly #groupAt: ((position: number) => Group) | undefined;
  readonly #see: (sample: GroupSample<Item>, position: number) => void;
  #table: GroupTable | null = null;
  #names: readonly Group[] | null = null;

  /** `groupAt` tells the group of a sample without reading it; `see` is shown the samples of known number that are read for the table. */
  constructor(
    reader: SampleReader<"group", Item>,
    groupAt?: (position: number) => Group,
    see: (sample: GroupSample<Item>, position: number) => void = () => undefined,
  ) {
    this.#reader = reader;
    this.#groupAt = groupAt;
    this.#see = see;
  }

  /** The table when it is known without reading; null otherwise. */
  now(): GroupTable | null {
    if (this.#table !== null) return this.#table;
    const samples = this.#reader.now();
    if (samples !== null) {
      samples.forEach(this.#see);
      return (this.#table = groupTable(samples.map(({ group }) => group)));
    }
    const { length } = this.#reader;
    const groupAt = this.#groupAt;
    if (length === null || groupAt === undefined) return null;
    return (this.#table = groupTable(Array.from({ length }, (_, position) => groupAt(position))));
  }

  /** The table of a source of known length, by reading all of it. */
  async read(): Promise<GroupTable> {
    const groups: Group[] = [];
    for await (const sample of this.#reader.all()) {
      this.#see(sample, groups.length);
      groups.push(sample.group);
    }
    return (this.#table = groupTable(groups));
  }

  /** Every group once, in first-seen order. Of a stream, only these are kept. */
  async names(): Promise<readonly Group[]> {
    if (this.#names !== null) return this.#names;
    if (this.#reader.length !== null) return (this.#names = (this.now() ?? (await this.read())).names);
    const names = new Set<Group>();
    for await (const { group } of this.#reader.all()) names.add(group);
    return (this.#names = [...names]);
  }
}
