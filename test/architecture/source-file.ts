import ts from "typescript";

/** A reference from a file to a module, however it is written. */
export interface Reference {
  /** As written: "../errors.js", "rxjs". */
  readonly specifier: string;
  /** From 1. */
  readonly line: number;
}

/** A place in a source file, with the text found there. */
export interface Place {
  readonly line: number;
  readonly text: string;
}

/** What the rules need to know of a source file. */
export interface Source {
  readonly path: string;
  readonly lines: number;
  readonly references: readonly Reference[];
  /** Statements that are not `export { … } from "…"`. */
  readonly ownStatements: readonly Place[];
  /** `any` written as a type. */
  readonly anys: readonly Place[];
  /** Comments that switch the type checker off. */
  readonly unchecked: readonly Place[];
}

/** Reads a TypeScript file into what the rules look at. `path` is relative to the repository, with forward slashes. */
export function readSource(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineOf = (node: ts.Node): number => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  const references: Reference[] = [];
  const anys: Place[] = [];

  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) references.push({ specifier: specifier.text, line: lineOf(specifier) });
    if (node.kind === ts.SyntaxKind.AnyKeyword) anys.push({ line: lineOf(node), text: node.parent.getText(file) });
    ts.forEachChild(node, visit);
  };
  visit(file);

  const ownStatements = file.statements
    .filter((statement) => !isNamedReExport(statement))
    .map((statement) => ({ line: lineOf(statement), text: firstLine(statement.getText(file)) }));
  const unchecked = text.split("\n").flatMap((line, position) => {
    const found = /^\s*(?:\/\/|\/\*)\s*@ts-(?:ignore|nocheck)/.exec(line);
    return found === null ? [] : [{ line: position + 1, text: line.trim() }];
  });
  return { path, lines: text.replace(/\n$/, "").split("\n").length, references, ownStatements, anys, unchecked };
}

/** The module a node refers to: static and dynamic imports, re-exports, import types, `require`. */
function specifierOf(node: ts.Node): ts.StringLiteralLike | undefined {
  if (ts.isImportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isExportDeclaration(node)) return literal(node.moduleSpecifier);
  if (ts.isExternalModuleReference(node)) return literal(node.expression);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literal(node.argument.literal);
  if (ts.isCallExpression(node)) {
    const imports = node.expression.kind === ts.SyntaxKind.ImportKeyword;
    const requires = ts.isIdentifier(node.expression) && node.expression.text === "require";
    if (imports || requires) return literal(node.arguments[0]);
  }
  return undefined;
}

function literal(node: ts.Node | undefined): ts.StringLiteralLike | undefined {
  return node !== undefined && ts.isStringLiteralLike(node) ? node : undefined;
}

/** `export { a, type B } from "…"`; `export {}` too, as the content of an empty table. */
function isNamedReExport(statement: ts.Statement): boolean {
  if (!ts.isExportDeclaration(statement)) return false;
  const named = statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause);
  if (!named) return false;
  return statement.moduleSpecifier !== undefined || (statement.exportClause as ts.NamedExports).elements.length === 0;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
