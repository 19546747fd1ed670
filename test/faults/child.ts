/** A training process to be killed: tells what it sees in a file, line by line, and says "ready" when it begins. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { trainEverything, type Sources } from "./training.js";

const [folder = "", sources = "lists", engine = "auto"] = process.argv.slice(2);
await trainEverything(
  folder,
  (said) => appendFileSync(join(folder, "said.jsonl"), `${JSON.stringify(said)}\n`),
  { engine: engine as "auto" },
  ({ type }) => {
    if (type === "assembled") process.stdout.write("ready\n");
  },
  sources as Sources,
);
process.stdout.write("done\n");
