import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/**
 * Writes files of this folder as JavaScript to a folder of what is made here, so that they run on the built package without a compiler in the
 * process, whose memory would count as theirs.
 */
export function built(...files: readonly string[]): (file: string) => string {
  const folder = fileURLToPath(new URL("../coverage/bench/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  for (const file of files) {
    const source = readFileSync(new URL(`./${file}.ts`, import.meta.url), "utf8");
    const { outputText } = ts.transpileModule(source, { compilerOptions: options, fileName: `${file}.ts` });
    writeFileSync(join(folder, `${file}.js`), outputText);
  }
  return (file) => join(folder, `${basename(file, ".ts")}.js`);
}
