import type { Kind } from "../contracts/samples.js";
import type { Assembled } from "../model/assemble.js";
import type { PartRegistry } from "../model/part-registry.js";
import { TrainableModel } from "../model/trainable-model.js";
import type { Callback } from "./callback.js";

/** Whether code of the user's runs in or between the steps of a run, so that what a step does may change from epoch to epoch. */
export function hasOwnCode<K extends Kind, Item>(
  { model, encoders, head, loss }: Assembled<K, Item>,
  callbacks: readonly Callback[],
  { standard }: PartRegistry,
): boolean {
  if (callbacks.length > 0 || overridesProcessResults(model)) return true;
  try {
    standard.requireKnown([
      ...encoders.map(([, { type, config }]) => ["encoder", { type, config }] as const),
      ["head", { type: head.type, config: head.config }],
      ["loss", { type: loss.type, config: loss.config }],
    ]);
    return false;
  } catch {
    return true;
  }
}

/** True when the user's class has a `processResults` of its own. */
export function overridesProcessResults<K extends Kind, Item>(model: TrainableModel<K, Item>): boolean {
  return model.processResults !== TrainableModel.prototype.processResults;
}
