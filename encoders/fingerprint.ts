import type { Part } from "../lib/contracts/part.js";
import { bytesKey, contentKey } from "../lib/hash.js";
import { mapEntries } from "../lib/tensor/tree.js";

/** A key that changes with the type, the configuration, the weights and the `version` of an encoder's way of computing. */
export function fingerprintOf(part: Part, version: string | number): string {
  const weights = mapEntries(part.weights, ({ data, shape }) => [shape, bytesKey(data)]);
  return contentKey({ type: part.type, version, config: part.config, weights });
}
