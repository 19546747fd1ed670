/**
 * Runs every example on real data and writes what they found: docs/results.md.
 *
 *   npm run results -- ../shared/data
 */
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { folderFrom, type Figure } from "./figures.js";

interface Example {
  readonly file: string;
  readonly folder: string;
  readonly title: string;
  readonly what: string;
}

const examples: readonly Example[] = [
  {
    file: "intents.ts",
    folder: "",
    title: "Bank customers' questions (banking77)",
    what: "Which of 3,080 test questions have the same of 77 intents? A frozen word-vector encoder in ONNX, and a head trained over it.",
  },
  {
    file: "products.ts",
    folder: "em/abt-buy",
    title: "Products of two shops (abt-buy)",
    what: "Which pairs of offers are the same product? The threshold is chosen on the validation pairs, the figures are those of the test pairs.",
  },
  {
    file: "papers.ts",
    folder: "ir/cranfield",
    title: "Questions about papers (Cranfield)",
    what: "Trained on titles and abstracts alone, without a single judged question.",
  },
  {
    file: "characters.ts",
    folder: "images/omniglot",
    title: "Characters of alphabets never seen (Omniglot)",
    what: "A convolutional encoder trained on other alphabets.",
  },
  {
    file: "digits.ts",
    folder: "images/mnist",
    title: "Digits (MNIST test set)",
    what: "The label of the nearest of 8,000 known digits, for 2,000 others.",
  },
  {
    file: "records.ts",
    folder: "rec/adult",
    title: "People of a census (Adult)",
    what: "Do 6,513 people earn more than 50,000 dollars? By the 25 nearest of 26,048 others, over eleven fields: untrained and trained.",
  },
];

const data = folderFrom("../shared/data");
const sections = examples.map(({ file, folder, title, what }) => {
  console.log(`${file} …`);
  const started = performance.now();
  const script = fileURLToPath(new URL(file, import.meta.url));
  const given = [...process.execArgv, script, `${data}/${folder}`, "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, given, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${file} ended with code ${status ?? "none"}:\n${stderr}`);
  const figures = JSON.parse(stdout.trim().split("\n").at(-1)!) as readonly Figure[];
  const seconds = Math.round((performance.now() - started) / 1000);
  return `## ${title}\n\n${what}\n\n${table(figures)}\n\n\`examples/${file}\`, ${seconds} s in all.\n`;
});
const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown processor"}`;
const page = [
  "# Results on real data\n",
  `Made by \`npm run results -- FOLDER_WITH_DATA\` on ${machine}; seeds are fixed, so that the figures repeat on such a machine.\n`,
  ...sections,
].join("\n");
await writeFile(fileURLToPath(new URL("../docs/results.md", import.meta.url)), page);
console.log(page);

function table(figures: readonly Figure[]): string {
  const measures = [...new Set(figures.map(({ measure }) => measure))];
  const models = [...new Set(figures.map(({ model }) => model))];
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const valueOf = (model: string, measure: string): string =>
    figures.find((figure) => figure.model === model && figure.measure === measure)?.value.toFixed(3) ?? "";
  return [
    row(["", ...measures]),
    row(["---", ...measures.map(() => "---:")]),
    ...models.map((model) => row([model, ...measures.map((measure) => valueOf(model, measure))])),
  ].join("\n");
}
