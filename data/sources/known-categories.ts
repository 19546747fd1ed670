import type { Group, GroupSample } from "../../lib/contracts/samples.js";
import { DataError } from "../../lib/errors.js";
import { show } from "../../lib/show.js";

/** The category of each group: told by a function, or read from a field of the items. */
export class KnownCategories<Item> {
  readonly #who: string;
  readonly #of: ((group: Group) => Group) | (keyof Item & string);
  readonly #read = new Map<Group, Group>();

  constructor(who: string, of: ((group: Group) => Group) | (keyof Item & string)) {
    this.#who = who;
    this.#of = of;
  }

  /** @throws DataError for a sample whose category is another than that of its group. */
  see({ item, group }: GroupSample<Item>, position: number): void {
    if (typeof this.#of === "function") return;
    const field = this.#of;
    const found = this.#checked(group, item[field]);
    const known = this.#read.get(group) ?? found;
    if (known !== found) {
      throw new DataError(
        `${this.#who}: sample ${position} of group ${JSON.stringify(group)} has the ${field} ${JSON.stringify(found)}, and another ` +
          `of its group has ${JSON.stringify(known)}; a group belongs to one category`,
      );
    }
    this.#read.set(group, found);
  }

  of(group: Group): Group {
    return typeof this.#of === "function" ? this.#checked(group, this.#of(group)) : this.#read.get(group)!;
  }

  #checked(group: Group, category: unknown): Group {
    if (typeof category === "string" || Number.isFinite(category)) return category as Group;
    throw new DataError(
      `${this.#who}: the category of group ${JSON.stringify(group)} is ${show(category)}; expected a text or a number`,
    );
  }
}
