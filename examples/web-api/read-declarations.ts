import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import ts from "typescript";
import { stripNames } from "./strip-names.js";

/** A documented member of the Web platform. */
export interface Declaration {
  readonly interface: string;
  readonly member: string;
  /** As declared, on one line, `readonly activeElement: Element | null` or `static any(…): AbortSignal`. Of overloads the first. */
  readonly signature: string;
  /** Its doc comment without the names that would give it away. */
  readonly description: string;
}

/** Descriptions of fewer words say nothing that could be searched for. */
const FEWEST_WORDS = 4;

/**
 * The documented members of all interfaces in the `lib.dom.d.ts` of the installed TypeScript, in the order of the file: properties,
 * methods and accessors of interfaces, and static members (`declare var AbortSignal: { any(…): AbortSignal }`).
 */
export function readDeclarations(): readonly Declaration[] {
  const path = createRequire(import.meta.url).resolve("typescript/lib/lib.dom.d.ts");
  return extractDeclarations(readFileSync(path, "utf8"));
}

/** The same from the text of a declaration file. */
export function extractDeclarations(text: string): readonly Declaration[] {
  const file = ts.createSourceFile("lib.dom.d.ts", text, ts.ScriptTarget.Latest, true);
  const found = new Map<string, Declaration>();
  for (const [name, member] of documentedMembers(file.statements, "")) {
    const described = describe(name, member, file);
    const key = described === null ? "" : `${described.interface}.${described.member}`;
    // Overloads, pairs of get and set, and constants repeated on the constructor are one thing to look for.
    if (described !== null && !found.has(key)) found.set(key, described);
  }
  return [...found.values()];
}

type Member = ts.TypeElement | ts.ClassElement;

function* documentedMembers(statements: readonly ts.Statement[], prefix: string): Generator<[string, Member]> {
  for (const statement of statements) {
    if (ts.isInterfaceDeclaration(statement)) {
      for (const member of statement.members) yield [prefix + statement.name.text, member];
    } else if (ts.isVariableStatement(statement)) {
      for (const { name, type } of statement.declarationList.declarations) {
        if (type === undefined || !ts.isTypeLiteralNode(type) || !ts.isIdentifier(name)) continue;
        for (const member of type.members) yield [prefix + name.text, member];
      }
    } else if (ts.isModuleDeclaration(statement) && statement.body !== undefined && ts.isModuleBlock(statement.body)) {
      yield* documentedMembers(statement.body.statements, `${prefix}${statement.name.text}.`);
    }
  }
}

/** Null for a member without a name, without a comment, or whose comment says nothing but names. */
function describe(owner: string, member: Member, file: ts.SourceFile): Declaration | null {
  const { name } = member;
  if (name === undefined || !(ts.isIdentifier(name) || ts.isStringLiteral(name))) return null;
  const comment = ts
    .getJSDocCommentsAndTags(member)
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? "")
    .join(" ");
  if (comment === "") return null;
  const subject = { interface: owner, member: name.text };
  const description = stripNames(comment, subject);
  if (description.split(" ").length < FEWEST_WORDS) return null;
  const declared = member.getText(file).replace(/\s+/g, " ").replace(/;$/, "");
  const signature = ts.isTypeLiteralNode(member.parent) ? `static ${declared}` : declared;
  return { ...subject, signature, description };
}
