import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { blocksOf } from "./readme/blocks.js";
import { runProgram } from "./readme/run-program.js";
import { typeErrors } from "./readme/type-check.js";

const root = fileURLToPath(new URL("../", import.meta.url));
const pages = ["README.md", ...readdirSync(`${root}docs`).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);
const blocks = pages.flatMap((page) => blocksOf(page, readFileSync(`${root}${page}`, "utf8")));

describe("the TypeScript in README.md and docs", () => {
  it("compiles", function () {
    this.timeout(60_000);
    expect(blocks.length, "blocks found").to.be.greaterThan(2);
    expect(typeErrors(root, blocks).join("\n")).to.equal("");
  });

  for (const { page, line, code } of blocks.filter(({ run }) => run)) {
    it(`runs: ${page}:${line}`, async function () {
      this.timeout(60_000);
      const { code: exit, output } = await runProgram(root, code, 50);
      expect(exit, output).to.equal(0);
    });
  }
});

describe("the check of the pages", () => {
  const page = [
    "# Title",
    "```sh",
    "npm start",
    "```",
    "```ts run",
    "// a program",
    "const random = 0.5;",
    "```",
    "text",
    "```ts continued",
    "console.log(random.toUpperCase());",
    "```",
    "```ts",
    "const text: string = 1;",
    "```",
  ].join("\n");

  it("finds blocks with their lines and marks, and joins a continued one to the block before", () => {
    const found = blocksOf("a.md", page);
    expect(found.map(({ line, run }) => [line, run])).to.deep.equal([
      [6, true],
      [14, false],
    ]);
    expect(found[0]?.code.split("\n").indexOf("console.log(random.toUpperCase());")).to.equal(11 - 6);
  });

  it("reports type errors with the line of the page", function () {
    this.timeout(60_000);
    expect(typeErrors(root, blocksOf("a.md", page))).to.deep.equal([
      "a.md:11: Property 'toUpperCase' does not exist on type '0.5'.",
      "a.md:14: Type 'number' is not assignable to type 'string'.",
    ]);
  });

  it("reports how a program ended, and stops one that takes too long", async function () {
    this.timeout(20_000);
    const failed = await runProgram(root, 'import "likewise/none";', 10);
    expect(failed.code).to.equal(1);
    expect(failed.output).to.contain("./none");
    const endless = await runProgram(root, "setInterval(() => {}, 1000);", 0.5);
    expect(endless.code).to.equal(null);
  });
});
