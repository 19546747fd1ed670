import { types } from "node:util";
import { ShapeError, UsageError } from "../errors.js";
import { show } from "../show.js";

/**
 * Checks what a frozen encoder of the user's own gave: one array for all items.
 * @param who the encoder, for messages.
 * @throws UsageError for anything but a Float32Array, ShapeError for another number of values.
 */
export function requireRows(who: string, given: unknown, items: number, size: number): void {
  const expected = `${items} rows of ${size} numbers`;
  // Also of another realm, such as that of a test runner.
  if (!types.isFloat32Array(given)) {
    throw new UsageError(
      `${who}: embed gave ${show(given)}, expected a promise of one Float32Array of ${expected}, row after row; ` +
        "return Float32Array.from(numbers)",
    );
  }
  if (given.length !== items * size) throw new ShapeError(who, expected, [given.length]);
}
