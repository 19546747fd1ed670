import { TrainableEncoder } from "../contracts/encoder.js";
import type { PartRole, SavedPart } from "../contracts/part.js";
import type { Kind } from "../contracts/samples.js";
import type { Json, JsonObject } from "../json.js";
import type { Assembled } from "../model/assemble.js";
import type { PartRegistry } from "../model/part-registry.js";
import { TrainableModel } from "../model/trainable-model.js";

const ROLES: readonly PartRole[] = ["encoder", "head", "loss"];

/**
 * Whether code of the user's runs in a training step, so that what it does may change from epoch to epoch. Parts of this library have nothing
 * that could.
 */
export function hasOwnCode<K extends Kind, Item>(
  { encoders, head, loss }: Assembled<K, Item>,
  { standard }: PartRegistry,
): boolean {
  const trained = encoders.flatMap(([, encoder]) => (encoder instanceof TrainableEncoder ? [encoder] : []));
  return [...trained, head, loss].some(({ type, config }) => !isStandard({ type, config }, standard));
}

/** Whether a part, and what it is made of, is of this library. */
function isStandard(saved: SavedPart, standard: PartRegistry): boolean {
  const isKnown = ROLES.some((role) => {
    try {
      standard.requireKnown([[role, saved]]);
      return true;
    } catch {
      return false;
    }
  });
  return isKnown && partsIn(saved.config).every((inner) => isStandard(inner, standard));
}

/** Saved parts within a configuration. */
function partsIn(value: Json): readonly SavedPart[] {
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((each: Json) => partsIn(each));
  const { type, config } = value as JsonObject;
  if (typeof type === "string" && typeof config === "object") return [{ type, config: config as JsonObject }];
  return Object.values(value).flatMap(partsIn);
}

/** True when the user's class has a `processResults` of its own. */
export function overridesProcessResults<K extends Kind, Item>(model: TrainableModel<K, Item>): boolean {
  return model.processResults !== TrainableModel.prototype.processResults;
}
