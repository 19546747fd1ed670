/** Where a record was read. */
export interface Origin {
  readonly file: string;
  /** From 1: the physical line on which the record starts. */
  readonly line: number;
}

interface Table {
  readonly file: string;
  /** The records as they were read, so that an array that was sorted or filled anew never gives a wrong line. */
  readonly records: readonly unknown[];
  readonly lines: Int32Array;
}

/**
 * Arrays of records and where those came from: one entry an array, not one a record, so that a million rows cost four bytes and a
 * pointer each and nothing is attached to the user's objects.
 */
const tables = new WeakMap<object, Table>();

export function rememberOrigins(array: readonly unknown[], file: string, lines: Int32Array): void {
  tables.set(array, { file, records: [...array], lines });
}

/** Where the record at this position of an array was read; null when it does not come from a file. */
export function originAt(array: readonly unknown[], position: number): Origin | null {
  const table = tables.get(array);
  if (table === undefined) return null;
  const record = array[position];
  const known = table.records[position] === record ? position : table.records.indexOf(record);
  const line = table.lines[known];
  return line === undefined ? null : { file: table.file, line };
}

/** Gives an array that was picked from another one (its element i was at `positions[i]`) the same origins. */
export function carryOrigins(from: readonly unknown[], to: readonly unknown[], positions: readonly number[]): void {
  const table = tables.get(from);
  if (table === undefined || positions.some((position) => table.records[position] !== from[position])) return;
  rememberOrigins(
    to,
    table.file,
    Int32Array.from(positions, (position) => table.lines[position] ?? 0),
  );
}
