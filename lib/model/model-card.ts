import type { Interval } from "../statistics/bootstrap.js";
import type { ModelContent } from "./model-content.js";
import { sizesOf } from "./model-sizes.js";
import type { HistoryEntry, TrainingRecord } from "./training-record.js";

/** What you want people to know of a saved model. */
export interface CardOptions {
  /** What it is for, and what not: a paragraph or several. */
  readonly description?: string;
  /** Where its examples came from. */
  readonly data?: string;
  /** Figures of an evaluation, with intervals when there are some. */
  readonly evaluation?: Readonly<Record<string, number | Interval>>;
  readonly license?: string;
}

/** A page in Markdown about a model, written beside it: what it is made of, how it was trained, how good it is, how to load it. */
export function modelCard<Item>(content: ModelContent<Item>, options: CardOptions = {}): string {
  const { description, data, evaluation, license } = options;
  const { training = null, head, encoders, distance } = content;
  const title = training?.model ?? "Similarity model";
  return [
    `# ${title}\n`,
    `${description ?? "Turns items into vectors whose distance means how similar they are."}\n`,
    "## Use\n",
    usage(encoders.map(([, encoder]) => encoder.type)),
    "## Parts\n",
    table(["part", "type", "output", "numbers"], sizesOf(content)),
    `Distance: ${distance.name}. Vectors have ${head.outputSize} numbers.\n`,
    ...(training === null ? [] : ["## Training\n", table(["", ""], trainingRows(training))]),
    ...(training?.history === undefined || training.history.length === 0
      ? []
      : ["## History\n", historyTable(training.history)]),
    ...(data === undefined ? [] : ["## Data\n", `${data}\n`]),
    ...(evaluation === undefined
      ? []
      : ["## Evaluation\n", table(["measure", "value", "95 % interval"], figures(evaluation))]),
    ...(license === undefined ? [] : ["## License\n", `${license}\n`]),
  ].join("\n");
}

function usage(types: readonly string[]): string {
  const list = [...new Set(types)].join(", ");
  return [
    "```ts",
    'import { SimilarityModel } from "likewise";',
    "",
    'await using model = await SimilarityModel.load("this-folder");',
    "const { data } = await model.encode(items); // a Float32Array, a row for each item",
    "```\n",
    `Classes that are not part of the library are given to \`load\` as \`parts\`. Encoders: ${list}.\n`,
  ].join("\n");
}

function trainingRows(training: TrainingRecord): readonly (readonly string[])[] {
  const { kind, loss, optimizer, steps, epochs, batchesPerEpoch, seconds, seed, engine, metrics, data } = training;
  return [
    ["samples", kind],
    ["loss", `${loss.type} \`${JSON.stringify(loss.config)}\``],
    ["optimizer", `${optimizer.type} \`${JSON.stringify(optimizer.config)}\``],
    ["steps", `${steps} in ${epochs} epochs${batchesPerEpoch === null ? "" : ` of about ${batchesPerEpoch} batches`}`],
    ["time", `${seconds.toFixed(1)} s, ${engine}`],
    ["seed", String(seed)],
    ...Object.entries(training.settings ?? {}).flatMap(([name, value]) =>
      name === "seed" ? [] : [[name, `\`${JSON.stringify(value)}\``] as const],
    ),
    ...(data === undefined
      ? []
      : [
          ["train data", amount(data.trainItems, data.trainBatches, data.groups)],
          ["validation data", amount(data.validationItems, data.validationBatches, 0)],
        ]),
    ...Object.entries(metrics).map(([name, value]) => [name, number(value)]),
  ];
}

function amount(items: number | null, batches: number | null, groups: number): string {
  const parts = [
    ...(items === null ? [] : [`${items} items`]),
    ...(batches === null ? [] : [`${batches} batches an epoch`]),
    ...(groups === 0 ? [] : [`${groups} groups`]),
  ];
  return parts.length === 0 ? "none, or of unknown size" : parts.join(", ");
}

/** A row for each entry, a column for each number that was logged. */
function historyTable(history: readonly HistoryEntry[]): string {
  const names = [...new Set(history.flatMap(({ values }) => Object.keys(values)))];
  const rows = history.map(({ step, epoch, values }) => [
    String(step),
    String(epoch),
    ...names.map((name) => (values[name] === undefined ? "" : number(values[name]))),
  ]);
  return table(["step", "epoch", ...names], rows);
}

function figures(evaluation: Readonly<Record<string, number | Interval>>): readonly (readonly string[])[] {
  return Object.entries(evaluation).map(([name, figure]) =>
    typeof figure === "number"
      ? [name, number(figure), ""]
      : [name, number(figure.value), `${number(figure.low)} to ${number(figure.high)}`],
  );
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

/** Text that somebody else wrote must not end a cell or a line. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll(/\s+/g, " ")).join(" | ")} |`;
  return [row(header), row(header.map(() => "---")), ...rows.map(row), ""].join("\n");
}
