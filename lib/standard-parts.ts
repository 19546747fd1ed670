import type { FrozenEncoder, TrainableEncoder } from "./contracts/encoder.js";
import type { Init } from "./contracts/part.js";
import { partClassesOf, PartRegistry } from "./model/part-registry.js";

let standard: Promise<PartRegistry> | null = null;

/**
 * Every part that comes with the library, by name, so that a saved model loads without a list of classes. This is the one file of
 * `lib` that knows concrete parts, and it imports them only when a model is loaded or checked.
 */
export function standardParts(): Promise<PartRegistry> {
  standard ??= Promise.all([
    import("../encoders/index.js"),
    import("../heads/index.js"),
    import("../losses/index.js"),
  ]).then((folders) => PartRegistry.of(folders.flatMap(partClassesOf)));
  return standard;
}

/** A trainable encoder that runs with these numbers and learns no more. */
export async function frozenWith<Item>(encoder: TrainableEncoder<Item>, trained: Init): Promise<FrozenEncoder<Item>> {
  const { freeze } = await import("../encoders/index.js");
  return freeze(encoder, trained);
}

/** The encoders among them, which are made of encoders alone. */
export async function standardEncoders(): Promise<PartRegistry> {
  return PartRegistry.of(partClassesOf(await import("../encoders/index.js")));
}
