import * as exported from "likewise/losses";
import type { Part, PartClass } from "../../lib/contracts/index.js";
import { PartRegistry, type AnyPartClass } from "../../lib/model/part-registry.js";
import type { AnyLoss } from "./contract-batches.js";

/** The class of a loss. */
export type LossClass = (new (...options: never[]) => AnyLoss) & PartClass<Part>;

function isLossClass(value: unknown): value is LossClass {
  return typeof value === "function" && "type" in value;
}

/** Every loss that is exported, by name. */
export const LOSSES = (Object.entries(exported) as [string, unknown][]).filter((entry): entry is [string, LossClass] =>
  isLossClass(entry[1]),
);

/** Makes losses that others are made of. */
export const parts = PartRegistry.of(LOSSES.map(([, lossClass]) => lossClass as unknown as AnyPartClass));
