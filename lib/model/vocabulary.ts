import { DataError } from "../errors.js";
import type { Group } from "../contracts/samples.js";

/** Groups as positions: the labels of the train loader in first-seen order, then labels that only turn up later. */
export class Vocabulary {
  readonly #positions = new Map<Group, number>();
  /** By position. */
  readonly #labels: Group[] = [];

  /**
   * @param closed when true, a label that was not in the train loader is an error, because the loss has no row for it.
   */
  constructor(
    readonly known: readonly Group[],
    readonly closed: boolean,
  ) {
    for (const group of known) if (!this.#positions.has(group)) this.#add(group);
  }

  /** Number of groups of the train loader. */
  get size(): number {
    return this.known.length;
  }

  /** @throws DataError for an unseen label when the vocabulary is closed. */
  encode(groups: readonly Group[], where: string): Int32Array {
    const encoded = new Int32Array(groups.length);
    groups.forEach((group, row) => {
      let position = this.#positions.get(group);
      if (position === undefined) {
        if (this.closed) {
          throw new DataError(
            `${where}: group ${JSON.stringify(group)} (row ${row}) does not occur in the train loader, and the loss keeps one ` +
              `row of parameters for each train group. Use a loss without group parameters (triplet, contrastive), or evaluate ` +
              `unseen groups with trainer.predict and a metric`,
          );
        }
        position = this.#add(group);
      }
      encoded[row] = position;
    });
    return encoded;
  }

  /** The label at a position that `encode` gave. */
  labelOf(position: number): Group {
    return this.#labels[position] as Group;
  }

  #add(group: Group): number {
    const position = this.#labels.push(group) - 1;
    this.#positions.set(group, position);
    return position;
  }
}
