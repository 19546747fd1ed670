import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { check } from "./architecture/check.js";
import { FOLDERS } from "./architecture/layers.js";
import { readSource } from "./architecture/source-file.js";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Every TypeScript file of the repository by its path. */
function readRepository(): Map<string, string> {
  const files = new Map<string, string>();
  for (const folder of FOLDERS) {
    for (const name of readdirSync(`${root}${folder}`, { recursive: true, encoding: "utf8" })) {
      const path = `${folder}${name.replaceAll("\\", "/")}`;
      if (path.endsWith(".ts")) files.set(path, readFileSync(`${root}${path}`, "utf8"));
    }
  }
  return files;
}

function violations(files: Iterable<readonly [string, string]>, declared: readonly string[] = []): readonly string[] {
  return check(
    [...files].map(([path, text]) => readSource(path, text)),
    new Set(declared),
  );
}

describe("architecture", () => {
  it("is kept by every file of the repository", () => {
    const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(
      readFileSync(`${root}package.json`, "utf8"),
    ) as Readonly<
      Record<"dependencies" | "optionalDependencies" | "peerDependencies", Readonly<Record<string, string>>>
    >;
    const files = readRepository();
    expect(files.size).to.be.greaterThan(50);
    const found = violations(files, Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }));
    if (found.length > 0) expect.fail(`${found.length} rules broken:\n${found.join("\n")}`);
  });
});

describe("the check of the architecture", () => {
  /** Each example is one or more files and the beginning of every sentence that must come out, in order. */
  const examples: readonly (readonly [
    what: string,
    files: Readonly<Record<string, string>>,
    expected: readonly string[],
  ])[] = [
    [
      "accepts imports downwards, within an area and of Node",
      {
        "lib/errors.ts": "export class Wrong extends Error {}",
        "losses/index.ts": 'export { a, type B } from "./a.js";',
        "losses/a.ts":
          'import { join } from "node:path";\nimport { Wrong } from "../lib/errors.js";\nexport type B = Wrong;',
      },
      [],
    ],
    [
      "refuses a part that knows another kind of part, or the trainer",
      {
        "losses/a.ts":
          'import { head } from "../heads/h.js";\n\nimport type { Trainer } from "../lib/train/trainer.js";',
        "heads/h.ts": "export const head = 1;",
        "lib/train/trainer.ts": "export class Trainer {}",
      },
      [
        "losses/a.ts:1: losses/ may not import heads/h.ts; it may import: lib/errors.ts",
        "losses/a.ts:3: losses/ may not import lib/train/",
      ],
    ],
    [
      "sees dynamic imports, import types and re-exports",
      {
        "lib/tensor/a.ts":
          'const later = () => import("../model/m.js");\ntype M = import("../model/m.js").M;\nexport { m } from "../model/m.js";',
        "lib/model/m.ts": "export const m = 1;\nexport type M = number;",
      },
      [
        "lib/tensor/a.ts:1: lib/tensor/ may not",
        "lib/tensor/a.ts:2: lib/tensor/ may not",
        "lib/tensor/a.ts:3: lib/tensor/ may not",
      ],
    ],
    [
      "refuses an example that reaches into the sources, and sources that import their own package",
      {
        "examples/e.ts": 'import "../lib/random.js";\nimport "likewise";',
        "lib/random.ts": "",
        "lib/json.ts": 'import "likewise/tf";',
      },
      [
        "examples/e.ts:1: examples/ may not import lib/random.ts; it may import the package by name",
        "lib/json.ts:1: imports the package by its own name",
      ],
    ],
    [
      "refuses an import of nothing, and a file outside every area",
      { "lib/new/a.ts": 'import "./b.js";\nimport "./a.js";' },
      [
        "lib/new/a.ts:1: imports lib/new/b.ts, which does not exist",
        "lib/new/a.ts:2: lies in no known area",
        "lib/new/a.ts:1: import cycle",
      ],
    ],
    [
      "lets only the owner of a dependency import it, and only a declared one",
      {
        "lib/cache/row-cache.ts": 'import { LRUCache } from "lru-cache";',
        "lib/memory/a.ts": 'import { LRUCache } from "lru-cache";\nimport { readFile } from "node:fs/promises";',
        "lib/tensor/tf.ts": 'import "@tensorflow/tfjs-core";\nimport "@tensorflow/tfjs-other";',
        "lib/store/json-file.ts": 'import "node:fs";\nimport "left-pad";\nimport "fs";',
        "lib/model/model-file.ts": 'import "node:fs/promises";\nimport "class-validator";',
        "lib/validation.ts": 'import "class-validator";',
      },
      [
        "lib/memory/a.ts:1: only lib/cache/ may import lru-cache",
        "lib/memory/a.ts:2: only data/parsers/, lib/store/, ",
        "lib/tensor/tf.ts:2: imports @tensorflow/tfjs-other, which package.json does not declare",
        "lib/store/json-file.ts:2: imports left-pad, which has no owner",
        "lib/store/json-file.ts:3: write node:fs instead of fs",
        "lib/model/model-file.ts:2: only lib/validation.ts may import class-validator",
      ],
    ],
    [
      "finds import cycles, also through types and across more than two files",
      {
        "losses/a.ts": 'import { b } from "./b.js";',
        "losses/b.ts": 'import type { C } from "./c.js";\nexport const b = 1;',
        "losses/c.ts": 'import "./a.js";\nexport type C = 1;',
        "losses/d.ts": 'import "./a.js";',
      },
      ["losses/a.ts:1: import cycle: losses/a.ts -> losses/b.ts -> losses/c.ts -> losses/a.ts"],
    ],
    [
      "limits the length of a file",
      { "data/long.ts": "\n".repeat(301), "data/short.ts": "\n".repeat(300) },
      ["data/long.ts:301: has 301 lines"],
    ],
    [
      "refuses names that say nothing",
      { "test/support/utils.ts": "", "lib/common.ts": "", "heads/helpers.ts": "" },
      ["test/support/utils.ts:1: is named", "lib/common.ts:1: is named", "heads/helpers.ts:1: is named"],
    ],
    [
      "keeps code out of an index",
      {
        "heads/index.ts": 'export {};\nexport * from "./a.js";\nexport const b = 1;\nimport "./a.js";',
        "heads/a.ts": "",
      },
      [
        "heads/index.ts:2: an index holds only",
        "heads/index.ts:3: an index holds only",
        "heads/index.ts:4: an index holds only",
      ],
    ],
    [
      "refuses any and switched-off checks, but not the word in a text",
      { "metrics/a.ts": `const any = "any";\nconst b = any as any;\n  // ${"@ts"}-ignore\nconst c: any[] = [];` },
      [
        "metrics/a.ts:2: any switches checking off",
        "metrics/a.ts:4: any switches checking off",
        "metrics/a.ts:3: an error is fixed",
      ],
    ],
  ];

  for (const [what, files, expected] of examples) {
    it(what, () => {
      const found = violations(Object.entries(files), ["lru-cache", "class-validator", "@tensorflow/tfjs-core"]);
      expect(found.length, found.join("\n")).to.equal(expected.length);
      expected.forEach((start, position) =>
        expect(found[position]).to.satisfy(
          (text: string) => text.startsWith(start),
          `${found[position]} starts with ${start}`,
        ),
      );
    });
  }
});
