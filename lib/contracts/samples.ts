/** The label of a group: items with equal labels should be close. */
export type Group = number | string;

/** Two items and how similar they are. Items of another subgroup count as negatives; by default there is one subgroup. */
export interface PairSample<Item> {
  readonly a: Item;
  readonly b: Item;
  /** 1 = similar (the default), 0 = different, or anything between. */
  readonly score?: number;
  /** Default 0. */
  readonly subgroup?: number;
}

/** An item and the group it belongs to. */
export interface GroupSample<Item> {
  readonly item: Item;
  readonly group: Group;
}

/** An anchor with items it should be close to, and items it should be far from (hard negatives). */
export interface TupleSample<Item> {
  readonly anchor: Item;
  readonly positives: readonly Item[];
  readonly negatives?: readonly Item[];
  /** One graded relevance for each positive, then each negative. Default 1 and 0. */
  readonly scores?: readonly number[];
}

/** An item with a number to predict: a click, a conversion, a rating. */
export interface LabelSample<Item> {
  readonly item: Item;
  readonly label: number;
}

/** What a sample of each kind looks like; everything that depends on the kind is looked up here. */
export interface Kinds<Item> {
  pair: PairSample<Item>;
  group: GroupSample<Item>;
  tuple: TupleSample<Item>;
  label: LabelSample<Item>;
}

/** What a sample says of its items: which are alike, what group they are of, what number belongs to them. */
export type Kind = keyof Kinds<unknown>;
/** A sample of a kind. */
export type Sample<K extends Kind, Item> = Kinds<Item>[K];
