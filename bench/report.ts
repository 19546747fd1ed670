/** A row of a benchmark: named figures. */
export type Row = Readonly<Record<string, string | number | null>>;

/** Prints rows as a table; with `--json` on the command line the last line is one array of all rows. */
export function report(rows: readonly Row[], argv: readonly string[] = process.argv): void {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => show(row[column] ?? null)));
  const widths = columns.map((column, at) => Math.max(column.length, ...cells.map((line) => line[at]?.length ?? 0)));
  const line = (parts: readonly string[]): string => parts.map((part, at) => part.padStart(widths[at] ?? 0)).join("  ");
  console.log(line(columns));
  for (const row of cells) console.log(line(row));
  if (argv.includes("--json")) console.log(JSON.stringify(rows));
}

function show(value: string | number | null): string {
  if (value === null) return "-";
  if (typeof value === "string") return value;
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** The value after `--name` on the command line, split at commas; the default when it is absent. */
export function option(
  name: string,
  otherwise: readonly string[],
  argv: readonly string[] = process.argv,
): readonly string[] {
  const at = argv.indexOf(`--${name}`);
  const value = at === -1 ? undefined : argv[at + 1];
  return value === undefined ? otherwise : value.split(",");
}

/** Largest resident memory of the process so far, in MB. */
export function peakRssMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}
