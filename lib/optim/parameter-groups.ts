import type { Schedule, Transform } from "../contracts/optimizer.js";
import { flag, optionProblems, refuse, type Check, type Problem } from "../contracts/options.js";
import { ConfigError } from "../errors.js";
import type { JsonObject } from "../json.js";
import * as tf from "../tensor/tf.js";
import { freeze } from "./freeze.js";
import { notNegative, schedule } from "./options.js";
import { matcher, patternConfig, type Pattern } from "./pattern.js";
import { scoped, within } from "./scope.js";
import { isAcrossParameters, isTunable } from "./tunable.js";
import { scaled } from "./warmup.js";

/** Parameters that are treated in a way of their own. Give `freeze`, or `transform`, or changes to the base. */
export interface ParameterGroup {
  /** Names such as "encoders/text/table", "head/gate", "loss/kernel". */
  readonly match: Pattern;
  /** Leave these parameters as they are. Their gradients still count in a `clipGlobalNorm` before the groups. */
  readonly freeze?: boolean;
  /** A transform of their own in place of the base. */
  readonly transform?: Transform;
  /** Learning rate in place of the base's, schedule included. */
  readonly learningRate?: Schedule;
  /** The base's learning rate, schedule included, times this number. */
  readonly learningRateFactor?: number;
  /** Weight decay in place of the base's; 0 for none. */
  readonly weightDecay?: number;
}

/**
 * Treats parameters by their names; those that no group matches get the base:
 *
 * ```ts
 * parameterGroups([{ match: /bias$/, weightDecay: 0 }, { match: "loss", learningRateFactor: 10 }], adamw())
 * ```
 *
 * The first group that matches wins. What looks at all gradients together goes before the groups:
 * `chain(clipGlobalNorm(1), parameterGroups(…))`. Slots and scalars are called `group0.<name>`, …, `base.<name>`.
 *
 * @throws ConfigError for wrong settings; when training starts, for a group that is left without any parameter, and for groups that
 * leave nothing to train.
 */
export function parameterGroups(groups: readonly ParameterGroup[], base: Transform): Transform {
  refuse("parameterGroups", [
    ...groups.flatMap((group, position) =>
      problemsOf(group, base)
        .filter((problem) => problem !== null)
        .map((problem) => `group ${position} (${described(group.match)}): ${problem}`),
    ),
    isAcrossParameters(base)
      ? `the base ${base.type} compares all gradients; put that part before the groups: chain(clipGlobalNorm(1), parameterGroups(…))`
      : null,
  ]);

  const members = [...groups.map((group) => transformOf(group, base)), base];
  const scopes = [...groups.map((_, position) => `group${position}`), "base"];
  const matchers = groups.map(({ match }) => matcher(match));
  /** The entries of each member. */
  const split = <T>(entries: Readonly<Record<string, T>>): readonly Record<string, T>[] => {
    const parts: Record<string, T>[] = members.map(() => ({}));
    for (const [name, value] of Object.entries(entries)) {
      const position = matchers.findIndex((matches) => matches(name));
      (parts.at(position) as Record<string, T>)[name] = value; // -1 is the last: the base.
    }
    return parts;
  };
  const gather = <T>(each: (member: Transform, position: number) => Readonly<Record<string, T>>): Record<string, T> =>
    Object.assign(
      {},
      ...members.map((member, position) => scoped(scopes[position] as string, each(member, position))),
    ) as Record<string, T>;

  return {
    type: "parameterGroups",
    config: {
      groups: groups.map(({ match }, position) => ({
        match: patternConfig(match),
        ...saved(members[position] as Transform),
      })),
      base: saved(base),
    },
    elementwise: members.every(({ elementwise }) => elementwise),
    initialize(parameters) {
      const parts = split(parameters);
      requireUsed(groups, matchers, parts, Object.keys(parameters));
      requireTrained(members, parts);
      return gather((member, position) => member.initialize(parts[position] ?? {}));
    },
    scalars: (moment) => gather((member) => member.scalars(moment)),
    update: (gradients, state, parameters, scalars) =>
      tf.tidy(() => {
        const [ownGradients, ownParameters] = [split(gradients), split(parameters)];
        const updates: Record<string, tf.Tensor> = {};
        const changed = gather((member, position) => {
          const scope = scopes[position] as string;
          const result = member.update(
            ownGradients[position] ?? {},
            within(scope, state),
            ownParameters[position] ?? {},
            within(scope, scalars),
          );
          Object.assign(updates, result.updates);
          return result.state;
        });
        return { updates, state: changed };
      }),
  };
}

const saved = ({ type, config }: Transform): { type: string; config: JsonObject } => ({ type, config });

const described = (pattern: Pattern): string => (typeof pattern === "string" ? `"${pattern}"` : String(pattern));

function transformOf(group: ParameterGroup, base: Transform): Transform {
  if (group.freeze === true) return freeze();
  if (group.transform !== undefined) return group.transform;
  if (!isTunable(base)) return base;
  const { learningRate, learningRateFactor: factor, weightDecay } = group;
  return base.tuned({
    ...(learningRate === undefined ? {} : { learningRate: () => learningRate }),
    ...(factor === undefined ? {} : { learningRate: (current: Schedule) => scaled(current, factor) }),
    ...(weightDecay === undefined ? {} : { weightDecay }),
  });
}

const checks: Readonly<Record<keyof ParameterGroup, Check>> = {
  match: (name, value) =>
    typeof value === "string" || value instanceof RegExp ? null : `${name}: expected a text or a regular expression`,
  freeze: flag,
  transform: (name, value) => (typeof value === "object" ? null : `${name}: expected a transform, such as sgd()`),
  learningRate: schedule,
  learningRateFactor: notNegative,
  weightDecay: notNegative,
};

function problemsOf(group: ParameterGroup, base: Transform): Problem[] {
  const problems = optionProblems({ ...group, match: group.match ?? null }, checks);
  const given = Object.entries<unknown>({ ...group, freeze: group.freeze === true || undefined });
  const names = given.filter(([name, value]) => name !== "match" && value !== undefined).map(([name]) => name);
  if (names.length === 0)
    problems.push("says nothing; give freeze, transform, learningRate, learningRateFactor or weightDecay");
  const alone = names.find((name) => name === "freeze" || name === "transform");
  if (alone !== undefined && names.length > 1) problems.push(`${names.join(" and ")} exclude each other`);
  if (names.includes("learningRate") && names.includes("learningRateFactor")) {
    problems.push("learningRate and learningRateFactor exclude each other");
  }
  const tunes: readonly string[] = isTunable(base) ? base.tunes : [];
  for (const name of names) {
    const changed = name === "learningRateFactor" ? "learningRate" : name;
    if ((changed === "learningRate" || changed === "weightDecay") && !tunes.includes(changed)) {
      problems.push(`the base ${base.type} has no ${changed} to change; give the group a transform of its own`);
    }
  }
  return problems;
}

function requireTrained(members: readonly Transform[], parts: readonly Readonly<Record<string, unknown>>[]): void {
  const trained = members.some(({ type }, at) => type !== "freeze" && Object.keys(parts[at] ?? {}).length > 0);
  if (!trained)
    throw new ConfigError("parameterGroups", [
      "nothing to train: the groups freeze every parameter; leave out the one with what is to be trained",
    ]);
}

function requireUsed(
  groups: readonly ParameterGroup[],
  matchers: readonly ((name: string) => boolean)[],
  parts: readonly Readonly<Record<string, unknown>>[],
  names: readonly string[],
): void {
  const problems = groups.flatMap(({ match }, position) => {
    if (Object.keys(parts[position] ?? {}).length > 0) return [];
    const taken = names.filter((name) => matchers[position]?.(name) === true);
    return taken.length === 0
      ? [`group ${position}: ${described(match)} matches no parameter`]
      : [
          `group ${position}: every parameter that ${described(match)} matches belongs to a group before it; put the special groups first`,
        ];
  });
  if (problems.length > 0)
    throw new ConfigError("parameterGroups", [...problems, `parameters: ${names.join(", ") || "none"}`]);
}
