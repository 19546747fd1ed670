import { DataError } from "../../lib/errors.js";

/** A balanced batch: this many groups with this many rows each. */
export interface BalanceShape {
  readonly groups: number;
  readonly perGroup: number;
  /** Batches an epoch, over which every group comes equally often. Default: as many as show every row, large groups more often. */
  readonly batches?: number;
}

/**
 * Chooses what was not asked for. Rows per group: 4 in batches of 16 or more when most groups have that many rows, else 2; then as
 * many groups as fit. With fewer groups than that, all of them with more rows each, but no more than the typical group has.
 *
 * @throws DataError when there are fewer groups than asked for, or only one.
 */
export function balanceShape(
  who: string,
  asked: Partial<BalanceShape>,
  batchSize: number,
  sizes: Int32Array,
): BalanceShape {
  if (sizes.length < 2) {
    throw new DataError(
      `${who}: a balanced batch needs two groups or more and there is ${sizes.length === 0 ? "none" : "one only"}; add samples of ` +
        `other groups, or give balance: false`,
    );
  }
  if (asked.groups !== undefined && asked.groups > sizes.length) {
    throw new DataError(
      `${who}: balance.groups asks for ${asked.groups} groups a batch and there are ${sizes.length}; ask for fewer`,
    );
  }
  const typical = sizes.slice().sort()[sizes.length >> 1]!;
  const perGroup =
    asked.perGroup ??
    (asked.groups === undefined ? (batchSize >= 16 && typical >= 4 ? 4 : 2) : Math.floor(batchSize / asked.groups));
  const groups = asked.groups ?? Math.floor(batchSize / perGroup);
  const batches = asked.batches === undefined ? {} : { batches: asked.batches };
  if (groups <= sizes.length) return { groups, perGroup, ...batches };
  const roomFor = Math.max(2, Math.min(Math.floor(batchSize / sizes.length), typical));
  return { groups: sizes.length, perGroup: asked.perGroup ?? roomFor, ...batches };
}
