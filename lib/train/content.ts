import type { Kind } from "../contracts/samples.js";
import type { Assembled } from "../model/assemble.js";
import { defaultDistance, type ModelContent } from "../model/model-content.js";
import type { HostTensors } from "../tensor/host.js";
import { prefixed, under } from "../tensor/tree.js";

/** What is served of a trained model: encoders and head with their averaged (when there is an average) parameters, not the loss. */
export function contentOf<K extends Kind, Item>(
  assembled: Assembled<K, Item>,
  carried: HostTensors,
): ModelContent<Item> {
  const { encoders, head, loss } = assembled;
  const parameters = withoutLoss({ ...under(carried, "parameters"), ...under(carried, "average") });
  const state = withoutLoss(under(carried, "state"));
  return {
    encoders,
    head,
    distance: loss.distance ?? defaultDistance,
    carried: { ...prefixed("parameters", parameters), ...prefixed("state", state) },
  };
}

function withoutLoss(tensors: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !name.startsWith("loss/")));
}
