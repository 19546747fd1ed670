/** The label of a group: items with equal labels should be close. */
export type Group = number | string;

/** Two items and how similar they are. Items of another subgroup count as negatives; by default there is one subgroup. */
export interface PairSample<Item> {
  /** One item; where a loss searches, the one that is searched with. */
  readonly a: Item;
  /** The other; where a loss searches, the one that is to be found. */
  readonly b: Item;
  /** 1 = similar (the default), 0 = different, or anything between; other numbers where the loss can learn from them, see `scoreRange`. */
  readonly score?: number;
  /** A whole number of at most 16,777,216, on either side of 0. Default 0. */
  readonly subgroup?: number;
}

/** An item and the group it belongs to. */
export interface GroupSample<Item> {
  /** What the encoders read. */
  readonly item: Item;
  /** Items of the same group should be close, others far. */
  readonly group: Group;
}

/** An anchor with items it should be close to, and items it should be far from (hard negatives). */
export interface TupleSample<Item> {
  /** The item that is searched with. */
  readonly anchor: Item;
  /** Items it should be close to; one or more. */
  readonly positives: readonly Item[];
  /** Items it should be far from. Default none. */
  readonly negatives?: readonly Item[];
  /** One graded relevance for each positive, then each negative. Default 1 and 0. */
  readonly scores?: readonly number[];
}

/** An item with a number to predict: a click, a conversion, a rating. */
export interface LabelSample<Item> {
  /** What the encoders read. */
  readonly item: Item;
  /** What is to be predicted. */
  readonly label: number;
}

/** What a sample of each kind looks like; everything that depends on the kind is looked up here. */
export interface Kinds<Item> {
  /** Two items that are alike or not. */
  pair: PairSample<Item>;
  /** An item of a group. */
  group: GroupSample<Item>;
  /** An anchor with its positives and negatives. */
  tuple: TupleSample<Item>;
  /** An item with a number. */
  label: LabelSample<Item>;
}

/** What a sample says of its items: which are alike, what group they are of, what number belongs to them. */
export type Kind = keyof Kinds<unknown>;
/** A sample of a kind. */
export type Sample<K extends Kind, Item> = Kinds<Item>[K];
