import { builtinModules } from "node:module";
import { posix } from "node:path";
import { cycles } from "./cycles.js";
import { LAYERS, LONGEST, NAMELESS, OWNERS, PUBLISHED } from "./layers.js";
import type { Place, Source } from "./source-file.js";

/** A rule that a file breaks, as a sentence with its place: "losses/triplet.ts:4: …". */
export type Violation = string;

/** Every way in which the files break the rules of the house. `declared` are the dependencies of package.json. */
export function check(sources: readonly Source[], declared: ReadonlySet<string>): readonly Violation[] {
  const paths = new Set(sources.map(({ path }) => path));
  return [
    ...sources.flatMap((source) => [...checkAlone(source), ...checkImports(source, paths, declared)]),
    ...checkCycles(sources),
  ];
}

function checkAlone(source: Source): Violation[] {
  const { path, lines, ownStatements, anys, unchecked } = source;
  const violations: Violation[] = [];
  const report = ({ line, text }: Place, rule: string): number => violations.push(`${path}:${line}: ${rule}: ${text}`);
  if (lines > LONGEST)
    violations.push(`${path}:${lines}: has ${lines} lines; split it by idea, ${LONGEST} are the limit`);
  if (NAMELESS.test(path)) violations.push(`${path}:1: is named after nothing; name it for what it computes`);
  if (isPublished(path) && posix.basename(path) === "index.ts") {
    for (const place of ownStatements) report(place, 'an index holds only export { … } from "…"');
  }
  for (const place of anys)
    report(place, "any switches checking off; say what is known (unknown, a generic, an interface)");
  for (const place of unchecked)
    report(place, "an error is fixed, not hidden (@ts-expect-error belongs to tests of types)");
  return violations;
}

function checkImports(source: Source, paths: ReadonlySet<string>, declared: ReadonlySet<string>): Violation[] {
  const { path } = source;
  return source.references.flatMap(({ specifier, line }) => {
    const problem = specifier.startsWith(".")
      ? relativeProblem(path, specifier, paths)
      : packageProblem(path, specifier, declared);
    return problem === null ? [] : [`${path}:${line}: ${problem}`];
  });
}

function relativeProblem(path: string, specifier: string, paths: ReadonlySet<string>): string | null {
  const target = resolve(path, specifier);
  if (!paths.has(target)) return target.endsWith(".ts") ? `imports ${target}, which does not exist` : null;
  const area = areaOf(path);
  if (area === null) return isPublished(path) ? `lies in no known area; add one to test/architecture/layers.ts` : null;
  const targetArea = areaOf(target);
  if (targetArea === area) return null;
  const allowed = LAYERS[area] ?? [];
  if (targetArea !== null && allowed.includes(targetArea)) return null;
  const instead = isPublished(path)
    ? `; it may import: ${allowed.join(", ")}`
    : "; it may import the package by name only";
  return `${area} may not import ${target}${instead}`;
}

function packageProblem(path: string, specifier: string, declared: ReadonlySet<string>): string | null {
  if (!isPublished(path)) return null;
  const name = packageOf(specifier);
  if (name === "likewise") return `imports the package by its own name (${specifier}); use a relative path`;
  const owners = Object.entries(OWNERS).find(([pattern]) => matches(pattern, name))?.[1];
  if (owners === undefined) {
    if (name.startsWith("node:")) return null;
    return builtinModules.includes(name)
      ? `write node:${specifier} instead of ${specifier}`
      : `imports ${name}, which has no owner in test/architecture/layers.ts`;
  }
  if (!name.startsWith("node:") && !declared.has(name)) return `imports ${name}, which package.json does not declare`;
  if (owners.some((owner) => matches(owner, path))) return null;
  return owners.length === 0 ? `nobody here may import ${name}` : `only ${owners.join(", ")} may import ${name}`;
}

function checkCycles(sources: readonly Source[]): Violation[] {
  const graph = new Map(
    sources.map(({ path, references }) => [
      path,
      references.filter(({ specifier }) => specifier.startsWith(".")).map(({ specifier }) => resolve(path, specifier)),
    ]),
  );
  return cycles(graph).map((cycle) => `${cycle[0]}:1: import cycle: ${[...cycle, cycle[0]].join(" -> ")}`);
}

/** "lib/model/a.ts", "../errors.js" -> "lib/errors.ts" */
function resolve(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
}

function areaOf(path: string): string | null {
  const areas = Object.keys(LAYERS).filter((area) => path === area || (area.endsWith("/") && path.startsWith(area)));
  return areas.sort((left, right) => right.length - left.length)[0] ?? null;
}

function isPublished(path: string): boolean {
  return PUBLISHED.some((folder) => path.startsWith(folder));
}

/** "@scope/name/file" -> "@scope/name", "node:fs/promises" -> "node:fs" */
function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** A pattern ends in "/" for everything below a folder; `*` is anything but "/", `**` anything. */
function matches(pattern: string, text: string): boolean {
  const expression = pattern.replace(/[.]/g, "\\.").replace(/\*\*|\*/g, (stars) => (stars === "**" ? ".*" : "[^/]*"));
  return new RegExp(`^${expression}${pattern.endsWith("/") ? "" : "$"}`).test(text);
}
