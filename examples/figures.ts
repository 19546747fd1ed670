import type { FrozenEncoder, HostMatrix } from "likewise";
import { MeanAveragePrecision, Precision, RPrecision } from "likewise/metrics";

/** What an example found: one figure of one model. */
export interface Figure {
  readonly model: string;
  readonly measure: string;
  readonly value: number;
}

/** Prints a table of models and measures and, with `--json`, the figures as the last line. */
export function printFigures(title: string, figures: readonly Figure[]): void {
  const measures = [...new Set(figures.map(({ measure }) => measure))];
  const models = [...new Set(figures.map(({ model }) => model))];
  const width = Math.max(...models.map(({ length }) => length)) + 2;
  console.log(`\n${title}\n${"".padEnd(width)}${measures.map((name) => name.padStart(14)).join("")}`);
  for (const model of models) {
    const cells = measures.map((measure) => {
      const figure = figures.find((one) => one.model === model && one.measure === measure);
      return (figure?.value.toFixed(3) ?? "").padStart(14);
    });
    console.log(`${model.padEnd(width)}${cells.join("")}`);
  }
  if (process.argv.includes("--json")) console.log(JSON.stringify(figures));
}

/** How well rows of one group find each other among all rows but themselves. */
export async function groupFigures(model: string, vectors: HostMatrix, groups: readonly unknown[]): Promise<Figure[]> {
  const names = [...new Set(groups)];
  const targets = { groups: Int32Array.from(groups, (group) => names.indexOf(group)) };
  const metrics = [new RPrecision(), new Precision({ k: 1 }), new MeanAveragePrecision()];
  const figures: Figure[] = [];
  for (const metric of metrics) {
    metric.update(vectors, targets);
    figures.push({ model, measure: metric.name, value: await metric.value() });
  }
  return figures;
}

/** Rows of equal length as a matrix. */
export function matrixOf(rows: readonly Float32Array[]): HostMatrix {
  const size = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * size);
  rows.forEach((row, at) => data.set(row, at * size));
  return { data, rows: rows.length, size };
}

/** The folder given on the command line, or the usual one. */
export function folderFrom(usual: string): string {
  return process.argv.slice(2).find((word) => !word.startsWith("--")) ?? usual;
}

/** What an encoder without training makes of items. */
export async function frozenVectors<Item>(encoder: FrozenEncoder<Item>, items: readonly Item[]): Promise<HostMatrix> {
  return { data: await encoder.embed(items), rows: items.length, size: encoder.embeddingSize };
}
