import { callback, flag, unknownOptions, type Problem } from "../contracts/options.js";
import { show } from "../show.js";

type Unknown = Readonly<Record<string, unknown>>;

/**
 * What is wrong with the form of a collection, for callers without a compiler.
 *
 * @param prefix stands before the names: `collection.` where it is an option.
 */
export function collectionProblems(collection: unknown, prefix = ""): Problem[] {
  if (!isObject(collection)) {
    const name = prefix === "" ? "collection" : prefix.slice(0, -1);
    return [`${name}: expected { queries, corpus, relevant }, got ${show(collection)}`];
  }
  const { queries, relevant, sequences, ownIds } = collection;
  return [
    mapOf(`${prefix}queries`, queries, "items by id"),
    ...relevantProblems(`${prefix}relevant`, relevant),
    ...(sequences === undefined
      ? []
      : sidesProblems(`${prefix}sequences`, sequences, "sequences", ["queries", "corpus"])),
    ownIds === undefined ? null : flag(`${prefix}ownIds`, ownIds),
    ...unknownOptions(collection, ["queries", "corpus", "relevant", "sequences", "ownIds"]),
  ];
}

/** Whether documents can be read one after the other. */
export function isIterable(value: unknown): boolean {
  return isObject(value) && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

function relevantProblems(name: string, relevant: unknown): Problem[] {
  if (relevant instanceof Map) {
    const [query, grades] =
      [...(relevant as ReadonlyMap<unknown, unknown>)].find(([, own]) => !(own instanceof Map)) ?? [];
    return [
      query === undefined
        ? null
        : `${name}: expected a Map of grades by document id for query ${show(query)}, got ${show(grades)}; grade 1 where there are no others`,
    ];
  }
  if (isObject(relevant) && "corpus" in relevant) {
    const relation = relevant["relevant"];
    return [
      ...sidesProblems(name, relevant, "labels", ["queries", "corpus", "relevant"]),
      relation === undefined ? null : callback(`${name}.relevant`, relation),
    ];
  }
  return [`${name}: expected grades, a Map of Maps, or labels, { queries, corpus }; got ${show(relevant)}`];
}

/** Of queries by their ids, and of documents, which are not there yet, by a function. */
function sidesProblems(name: string, sides: unknown, what: string, known: readonly string[]): Problem[] {
  if (!isObject(sides)) return [`${name}: expected { queries, corpus }, got ${show(sides)}`];
  const { queries, corpus } = sides;
  return [
    mapOf(`${name}.queries`, queries, `${what} by query id`),
    typeof corpus === "function"
      ? null
      : `${name}.corpus: expected a function (id, item) => …, since the corpus is streamed, got ${show(corpus)}; of a Map by id give ` +
        "(id) => map.get(id)",
    ...unknownOptions(sides, known),
  ];
}

function mapOf(name: string, value: unknown, what: string): Problem {
  return value instanceof Map ? null : `${name}: expected a Map of ${what}, got ${show(value)}`;
}

function isObject(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null;
}
