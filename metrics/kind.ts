import type { HostTargets } from "../lib/contracts/index.js";

/** Kinds of samples that say which items should be found. */
export type RetrievalKind = "group" | "pair" | "tuple";

/** Targets of a batch, with their kind. */
export type NamedTargets = {
  readonly [K in RetrievalKind]: { readonly kind: K; readonly targets: HostTargets<K> };
}[RetrievalKind];

/** Tells the kind of a batch by what its targets are called; null for others. */
export function nameTargets(targets: HostTargets<RetrievalKind>): NamedTargets | null {
  if ("groups" in targets) return { kind: "group", targets };
  if ("subgroups" in targets) return { kind: "pair", targets };
  if ("positiveOwners" in targets) return { kind: "tuple", targets };
  return null;
}

/** How many rows the targets speak of. Anchors have no targets of their own, so that tuples may have any number of rows above theirs. */
export function countRows({ kind, targets }: NamedTargets, rows: number): number {
  switch (kind) {
    case "group":
      return targets.groups.length;
    case "pair":
      return targets.subgroups.length;
    case "tuple":
      return Math.max(rows, targets.positiveOwners.length + targets.negativeOwners.length);
    default:
      return kind satisfies never;
  }
}
