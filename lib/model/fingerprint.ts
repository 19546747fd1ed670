import { bytesKey, contentKey } from "../hash.js";
import { mapEntries } from "../tensor/tree.js";
import type { ModelContent } from "./model-content.js";
import { savedPart } from "./model-file.js";

const known = new WeakMap<object, string>();

/**
 * Names a model by its configuration and all its numbers: equal for a model that was saved and loaded again, different after training on.
 * Computed once for each content, which nobody changes.
 */
export function modelFingerprint<Item>(content: ModelContent<Item>): string {
  const before = known.get(content);
  if (before !== undefined) return before;
  const { encoders, head, carried, distance } = content;
  const parts = {
    encoders: Object.fromEntries(encoders.map(([name, encoder]) => [name, savedPart(encoder)])),
    head: savedPart(head),
  };
  const numbers = mapEntries(carried, ({ data, shape }) => [shape, bytesKey(data)]);
  const weights = encoders.map(([name, encoder]) => [name, mapEntries(encoder.weights, ({ data }) => bytesKey(data))]);
  const ofHead = mapEntries(head.weights, ({ data }) => bytesKey(data));
  const fingerprint = contentKey({
    parts,
    numbers,
    weights: Object.fromEntries(weights) as Record<string, never>,
    ...(Object.keys(ofHead).length === 0 ? {} : { head: ofHead }),
    distance: distance.name,
  });
  known.set(content, fingerprint);
  return fingerprint;
}
