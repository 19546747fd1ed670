import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { measureImports, type ImportCost } from "./measure-imports.js";
import { run } from "./run.js";

/*
 * npm run check:package -- [likewise-x.y.z.tgz]
 *
 * Installs the packed package (packing it first when no file is given) in an empty project, as a user would, and there imports every
 * subpath, compiles a program that does so, runs it, and measures what the import costs. Ends with an error when anything fails.
 */

const root = fileURLToPath(new URL("../../", import.meta.url));
/** The slowest that `import "likewise"` may be, in milliseconds over bare Node, on a machine on which that takes `BARE` to start. */
const SLOWEST_IMPORT = 300;
const BARE = 45;

const project = mkdtempSync(join(tmpdir(), "likewise-package-"));
try {
  const tarball = process.argv[2] === undefined ? pack() : resolve(process.argv[2]);
  writeFileSync(join(project, "package.json"), '{ "name": "empty", "private": true, "type": "module" }\n');
  run("npm", ["install", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error", tarball], project);
  const installed = JSON.parse(readFileSync(join(project, "node_modules/likewise/package.json"), "utf8")) as {
    readonly exports: Readonly<Record<string, unknown>>;
  };
  const specifiers = Object.keys(installed.exports)
    .filter((subpath) => subpath !== "./package.json")
    .map((subpath) => `likewise${subpath.slice(1)}`);
  importAll(specifiers);
  compile(specifiers);
  process.stdout.write(run(process.execPath, ["program.js"], project));
  report(measureImports(project, "likewise"));
} finally {
  rmSync(project, { recursive: true, force: true });
}

function pack(): string {
  const name = run("npm", ["pack", "--silent", "--pack-destination", project], root).trim().split("\n").at(-1) ?? "";
  return join(project, name);
}

/** Every subpath alone, in a process of its own: none may depend on another having been imported before. */
function importAll(specifiers: readonly string[]): void {
  for (const specifier of specifiers) {
    const script = `const names = Object.keys(await import("${specifier}")); console.log(names.length);`;
    const count = run(process.execPath, ["--input-type=module", "--eval", script], project).trim();
    process.stdout.write(`import "${specifier}": ${count} names\n`);
    if (Number(count) === 0) throw new Error(`${specifier} exports nothing`);
  }
}

/** The declarations of every subpath, and a program, under the strictest options. */
function compile(specifiers: readonly string[]): void {
  const imports = specifiers.map((specifier, position) => `import * as part${position} from "${specifier}";`);
  const uses = specifiers.map((_, position) => `void part${position};`);
  writeFileSync(join(project, "all.ts"), [...imports, ...uses].join("\n"));
  writeFileSync(join(project, "program.ts"), readFileSync(join(root, "test/package/program.ts"), "utf8"));
  const compilerOptions = {
    ...{ target: "ES2022", module: "NodeNext", strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true },
    ...{ lib: ["ES2023", "ESNext.Disposable"], types: ["node"], typeRoots: [join(root, "node_modules/@types")] },
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["all.ts", "program.ts"] }));
  run(process.execPath, [join(root, "node_modules/typescript/bin/tsc")], project);
}

function report({ bare, imported }: ImportCost): void {
  const wall = imported.wall - bare.wall;
  const computing = imported.computing - bare.computing;
  // A slow machine, or one with other work to do, is slow with both.
  const limit = SLOWEST_IMPORT * Math.max(1, bare.computing / BARE);
  process.stdout.write(
    `import "likewise" over bare Node: ${computing.toFixed(0)} ms of computing, ${wall.toFixed(0)} ms median on this machine now, ` +
      `where bare Node takes ${bare.computing.toFixed(0)} ms\n`,
  );
  if (computing > limit)
    throw new Error(`import "likewise" costs ${computing.toFixed(0)} ms; ${limit.toFixed(0)} ms are the limit`);
}
