import {
  type Check,
  type Problem,
  above,
  atLeast,
  refuse,
  requireOptions,
  savedOptions,
  unknownOptions,
  wholeNumber,
} from "../lib/contracts/options.js";
import type { Group } from "../lib/contracts/samples.js";
import type { JsonObject } from "../lib/json.js";

/** Size of the table of proxies: one trained vector for each group. `configureLoss({ embeddingSize, groups })` gives both. */
export interface ProxyOptions {
  /** Width of the embeddings. */
  readonly embeddingSize: number;
  /** The groups of the train loader, or how many there are. */
  readonly groups: number | readonly Group[];
}

/** `ProxyOptions` as they are kept and saved. */
export type ProxySettings = {
  /** Width of the embeddings. */
  readonly embeddingSize: number;
  /** How many groups there are. */
  readonly groups: number;
};

/** What a loss with proxies asks for beside the size of their table: what an option is when it is not given, and what it may be. */
export type ProxyTable<Own> = {
  readonly [Name in keyof Own]: { readonly default: Own[Name]; readonly check: Check };
};

/**
 * Options of a loss with proxies, checked and with their defaults.
 * @throws ConfigError listing all problems.
 */
export function proxySettings<Own extends JsonObject>(
  who: string,
  options: ProxyOptions,
  table: ProxyTable<Own>,
): ProxySettings & Own {
  requireOptions(who, options, "options such as { embeddingSize, groups }");
  const { embeddingSize, groups } = options;
  const given = options as unknown as Readonly<Record<string, unknown>>;
  const entries = Object.entries<ProxyTable<Own>[keyof Own]>(table).map(([name, { default: otherwise, check }]) => {
    const value = given[name] === undefined ? otherwise : given[name];
    return { name, value, problem: check(name, value) };
  });
  refuse(who, [
    ...unknownOptions(options, proxyKeys(table)),
    ...proxyProblems(options),
    ...entries.map(({ problem }) => problem),
  ]);
  const own = Object.fromEntries(entries.map(({ name, value }) => [name, value])) as Own;
  return { embeddingSize, groups: countOf(groups), ...own };
}

/**
 * The saved configuration of a loss with proxies as its options.
 * @throws ConfigError when a key is missing or unknown.
 */
export function savedProxyOptions<Options extends ProxyOptions>(
  who: string,
  config: JsonObject,
  table: object,
): Options {
  return savedOptions<Options>(who, config, proxyKeys(table) as (keyof Options & string)[]);
}

function proxyKeys(table: object): string[] {
  return ["embeddingSize", "groups", ...Object.keys(table)];
}

/** How many groups are meant. */
export function countOf(groups: number | readonly Group[]): number {
  if (typeof groups === "number") return groups;
  return Array.isArray(groups) ? groups.length : NaN;
}

/** Problems of the options that all proxy losses share. */
function proxyProblems({ embeddingSize, groups }: ProxyOptions): Problem[] {
  return [wholeNumber("embeddingSize", embeddingSize, 1), wholeNumber("groups", countOf(groups), 1)];
}

/** A number above 0. */
export const positive: Check = (name, value) => above(name, value, 0);

/** An angle that is added to another. */
export const radians: Check = (name, value) =>
  atLeast(name, value, 0) ??
  ((value as number) < Math.PI
    ? null
    : `${name}: expected radians below π, got ${value as number}; 28.6 degrees are 0.5 radians`);
