import type { Kind } from "../contracts/samples.js";
import type { Assembled } from "../model/assemble.js";
import { countNumbers } from "../model/parameters.js";
import { under } from "../tensor/tree.js";
import type { SummaryRow } from "./events.js";

/** Parts of a model with their sizes, in the order data flows through them. */
export function summarize<K extends Kind, Item>({ encoders, head, loss, carried }: Assembled<K, Item>): SummaryRow[] {
  const parameters = under(carried, "parameters");
  const row = (path: string, part: { readonly type: string }, outputSize: number | null): SummaryRow => {
    const count = countNumbers(under(parameters, path));
    return { part: path, type: part.type, outputSize, parameters: count, trainable: count > 0 };
  };
  return [
    ...encoders.map(([name, encoder]) => row(`encoders/${name}`, encoder, encoder.embeddingSize)),
    row("head", head, head.outputSize),
    row("loss", loss, null),
  ];
}

/** The summary as a table for people. */
export function formatSummary(rows: readonly SummaryRow[]): string {
  const cells = rows.map(({ part, type, outputSize, parameters }) => [
    part,
    type,
    outputSize === null ? "" : String(outputSize),
    parameters > 0 ? parameters.toLocaleString("en") : part.startsWith("encoders/") ? "frozen" : "none",
  ]);
  const table = [["part", "type", "size", "parameters"], ...cells];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((line) => line[column]?.length ?? 0)));
  return table
    .map((line) =>
      line
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  "),
    )
    .join("\n");
}
