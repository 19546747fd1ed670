import type { Kind } from "../../lib/contracts/samples.js";
import { collect, cut, sampleOrder } from "../samplers/plain.js";
import { shuffleBuffer } from "../samplers/shuffle-buffer.js";
import { cutCount, type BatchSettings, type Composition } from "./composition.js";

/** Every sample once, shuffled if asked for. */
export function plainComposition<K extends Kind, Item>(settings: BatchSettings): Composition<K, Item> {
  const { batchSize, shuffle } = settings;
  return {
    wholeBatch: batchSize,
    key: null,
    count: (length) => cutCount(length, settings),
    positions: (length, random) => cut(sampleOrder(length, shuffle ? random : null), batchSize),
    stream: (samples, random) =>
      collect(shuffle ? shuffleBuffer(samples, settings.shuffleBuffer, random) : samples, batchSize),
  };
}
