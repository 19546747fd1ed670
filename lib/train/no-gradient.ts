import type { HostTargets } from "../contracts/batch.js";
import type { SimilarityLoss } from "../contracts/loss.js";
import type { Kind } from "../contracts/samples.js";
import type { Json } from "../json.js";
import type { Prepared } from "./prepare.js";
import type { RunContext } from "./run-context.js";
import { shareWithPositive } from "./prepare.js";

/** A first batch that moves no parameter: if all are like it, the run ends well and has learned nothing. */
export function warnOfNoGradient<K extends Kind, Item>(
  { assembled, loop, memory, warnings }: Pick<RunContext<K, Item>, "assembled" | "loop" | "memory" | "warnings">,
  { targets, size }: Prepared<K>,
  { gradientNorm, loss: value }: { readonly gradientNorm: number; readonly loss: number },
): void {
  // With a memory, batches that have nothing to compare within them learn from it later.
  if (gradientNorm !== 0 || loop.batchesSeen > 0 || memory !== null) return;
  const { loss } = assembled;
  const reason = reasonOf(targets, size, loss.type) ?? lossReason(loss, value);
  warnings.warn(
    "NO_GRADIENT",
    `the first batch gives no parameter a gradient, so nothing is learned from it: ${reason}`,
    isWithoutPositives(targets) ? "FEW_POSITIVES" : "NO_GRADIENT", // of groups it may have been said already
  );
}

function isWithoutPositives<K extends Kind>(targets: HostTargets<K>): boolean {
  return "groups" in targets && shareWithPositive((targets as HostTargets<"group">).groups) === 0;
}

function lossReason<K extends Kind>({ type, config }: SimilarityLoss<K>, value: number): string {
  const reducer = reducerIn(config);
  const satisfied =
    `. Most often every comparison keeps its margin already, because groups lie well apart; use a larger margin or harder batches` +
    (reducer === null ? "" : `, or ${reducer} drops every one that costs anything`);
  return (
    `${type} is constant there${value === 0 ? satisfied : ""}; check that it depends on the embeddings, that the items differ, and that the samples hold what it ` +
    `compares`
  );
}

/** The reducer that a loss was given, or a loss inside it. */
function reducerIn(config: Json): string | null {
  if (typeof config !== "object" || config === null) return null;
  for (const [name, value] of Object.entries(config)) {
    const { type } = (value ?? {}) as { readonly type?: unknown };
    const found = name === "reducer" && typeof type === "string" ? type : reducerIn(value as Json);
    if (found !== null) return found;
  }
  return null;
}

/** What of the samples leaves a loss nothing to learn; null when they look as they should. */
function reasonOf<K extends Kind>(targets: HostTargets<K>, size: number, loss: string): string | null {
  if ("subgroups" in targets) return reasonOfPairs(targets as HostTargets<"pair">, size, loss);
  if ("negativeOwners" in targets && (targets as HostTargets<"tuple">).negativeOwners.length === 0)
    return (
      `none of its tuples has negatives, and ${loss} has nothing else to compare with; give negatives, such as those of ` +
      `GroupTupleLoader or mineHardNegatives${size === 1 ? ", or a larger batchSize" : ""}`
    );
  if (isWithoutPositives(targets))
    return "no two of its rows are of one group; use balanced batches (the default of GroupLoader: balance) or a larger batchSize";
  return null;
}

function reasonOfPairs({ labels }: HostTargets<"pair">, size: number, loss: string): string | null {
  const [score = 1] = labels;
  if (size === 1)
    return (
      `it has one pair, which ${loss} has nothing to compare with; raise batchSize, and where PairLoader makes such batches because ` +
      `items occur in many pairs, give duplicates: true or drop repeated items`
    );
  if (labels.every((label) => label <= 0))
    return `all of its ${size} pairs have scores of 0 or less, so that nothing belongs together; give pairs with a score above 0 too`;
  if (labels.every((label) => label === score))
    return `all of its ${size} pairs have the score ${Number(score.toPrecision(6))}, which leaves no order to learn; give pairs with different scores`;
  return null;
}
