import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import ts from "typescript";

const root = fileURLToPath(new URL("../", import.meta.url));

describe("the public names", () => {
  it("are all documented", function () {
    this.timeout(60_000);
    const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
      readonly exports: Readonly<Record<string, string | { readonly "likewise-source": string }>>;
    };
    const entries = Object.entries(exports).flatMap(([subpath, target]) =>
      typeof target === "string" ? [] : [[subpath, `${root}${target["likewise-source"].slice(2)}`] as const],
    );
    const options = { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true };
    const program = ts.createProgram(
      entries.map(([, file]) => file),
      options,
    );
    const checker = program.getTypeChecker();
    const found = entries.flatMap(([subpath, file]) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile);
      expect(module, `${file} exports something`).to.not.equal(undefined);
      return checker
        .getExportsOfModule(module as ts.Symbol)
        .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
        .filter((symbol) => isOurs(symbol) && symbol.getDocumentationComment(checker).length === 0)
        .map((symbol) => `likewise${subpath.slice(1)}: ${symbol.name}`);
    });
    expect(found).to.deep.equal([]);
  });
});

/** Not what `likewise/tf` passes on. */
function isOurs(symbol: ts.Symbol): boolean {
  return symbol.declarations?.every((node) => !node.getSourceFile().fileName.includes("/node_modules/")) ?? false;
}
