import { type Problem, refuse, requireOptions } from "../../lib/contracts/options.js";
import { ConfigError } from "../../lib/errors.js";
import type { JsonObject } from "../../lib/json.js";
import { show } from "../../lib/show.js";
import { BagColumn } from "./bag.js";
import { CategoricalColumn } from "./categorical.js";
import { DateColumn } from "./date.js";
import type { Column, Feature, FeatureSchema } from "./feature.js";
import { NumericColumn } from "./numeric.js";
import { TextColumn } from "./text.js";

interface ColumnClass {
  new (options: object): Column;
  from(config: JsonObject): Column;
}

const CLASSES: Readonly<Record<Feature["type"], ColumnClass>> = {
  numeric: NumericColumn,
  categorical: CategoricalColumn,
  bag: BagColumn,
  date: DateColumn,
  text: TextColumn,
};

/** Fields with their columns, sorted by name. */
export type Columns = readonly (readonly [name: string, column: Column])[];

/** @throws ConfigError listing every problem of every field, beside those that were found before. */
export function columnsOf(who: string, schema: FeatureSchema, found: readonly Problem[]): Columns {
  requireOptions(who, schema, "features under the names of fields");
  const fields = Object.entries(schema).sort(([a], [b]) => (a < b ? -1 : 1));
  const problems: Problem[] = [...found, fields.length === 0 ? "features: expected at least one field" : null];
  const columns = fields.flatMap(([name, feature]) => {
    problems.push(...fieldProblems(name, feature));
    if (!isFeature(feature)) return [];
    try {
      return [[name, new CLASSES[feature.type](feature.options)] as const];
    } catch (cause) {
      if (!(cause instanceof ConfigError)) throw cause;
      problems.push(...cause.problems.map((problem) => `${name}: ${feature.type}: ${problem}`));
      return [];
    }
  });
  refuse(who, problems);
  return columns;
}

/** @throws ConfigError for saved features with a missing or unknown key. */
export function requireComplete(schema: FeatureSchema): void {
  for (const { type, options } of Object.values(schema)) CLASSES[type].from(options as JsonObject);
}

function fieldProblems(name: string, feature: unknown): Problem[] {
  const makers = Object.keys(CLASSES).map((type) => `${type}()`);
  return [
    /^[^/]+$/u.test(name) ? null : `${show(name)}: a field needs a name, without "/"; rename it in the records`,
    isFeature(feature) ? null : `${name}: expected one of ${makers.join(", ")}, got ${show(feature)}`,
  ];
}

function isFeature(given: unknown): given is Feature {
  if (typeof given !== "object" || given === null) return false;
  const { type, options } = given as Partial<Feature>;
  return typeof type === "string" && Object.hasOwn(CLASSES, type) && typeof options === "object" && options !== null;
}
