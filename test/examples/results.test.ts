import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");

describe("the examples on real data", () => {
  const files = [...read("examples/results.ts").matchAll(/file: "([a-z-]+\.ts)"/gu)].map(([, file]) => file as string);

  it("have at most 60 lines and their figures in docs/results.md", () => {
    expect(files).to.include.members(["intents.ts", "products.ts", "papers.ts", "characters.ts", "digits.ts"]);
    const results = read("docs/results.md");
    for (const file of files) {
      expect(read(`examples/${file}`).trimEnd().split("\n").length, file).to.be.at.most(60);
      expect(results, file).to.contain(`examples/${file}`);
    }
  });
});
