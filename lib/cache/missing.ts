/** An item whose vector is not kept. */
export interface Missing<Item> {
  readonly key: string;
  readonly item: Item;
  /** In the list it came in. */
  readonly position: number;
}

/** Reads the items at some positions of a request. */
export type ItemsAt<Item> = (positions: readonly number[]) => readonly Item[] | Promise<readonly Item[]>;
