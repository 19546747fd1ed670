import type { Random } from "../random.js";

/** Fills with uniform numbers in [0, 1), the same on every engine. */
export function fillUniform(values: Float32Array, random: Random): void {
  // 24 bits fit a float32 exactly; more could round up to 1.
  for (let i = 0; i < values.length; i += 1) values[i] = (random.bits() >>> 8) / 16_777_216;
}
