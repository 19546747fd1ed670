import type { Kind } from "../contracts/samples.js";
import { shareWithPositive, type Prepared } from "./prepare.js";
import type { RunContext } from "./run-context.js";

/** A batch whose rows are mostly alone teaches a loss of groups little. */
export function warnOfMissingPositives<K extends Kind, Item>(
  { assembled, warnings }: RunContext<K, Item>,
  { targets }: Prepared<K>,
): void {
  const { loss } = assembled;
  if (loss.kind !== "group" || loss.closedVocabulary) return;
  const share = shareWithPositive((targets as unknown as { readonly groups: Int32Array }).groups);
  if (share >= 0.5) return;
  warnings.warn(
    "FEW_POSITIVES",
    `only ${Math.round(share * 100)} % of the rows of a training batch have another row of their group in it, and the others teach ` +
      `${loss.type} little; use balanced batches (the default of GroupLoader: balance) or a larger batchSize`,
  );
}

/** Schedules run towards the announced number of batches; they end too early, or not at all, when it was far off. */
export function warnOfWrongCount<K extends Kind, Item>(
  { assembled, limits, loop, warnings }: RunContext<K, Item>,
  seen: number,
): void {
  const { batchesPerEpoch: announced, totalSteps } = limits;
  if (loop.epoch > 0 || announced === null || totalSteps === null) return;
  if (Math.abs(seen - announced) <= Math.max(1, 0.02 * announced)) return;
  const at = (step: number): string => {
    const rates = Object.entries(assembled.optimizer.scalars({ step, totalSteps }));
    return JSON.stringify(rates.filter(([name]) => /learningRate$/u.test(name)));
  };
  if (at(Math.floor(totalSteps / 3)) === at(Math.floor((2 * totalSteps) / 3))) return; // nothing depends on it
  warnings.warn(
    "SCHEDULE",
    `the train loader announced ${announced} batches an epoch and gave ${seen}, so schedules end at the wrong step; give maxSteps, or a ` +
      `number of steps to the schedule`,
  );
}

/** A memory that is used from `start` on in a run that ends at `end`; null where that is not known beforehand. */
export function warnOfLateMemory<K extends Kind, Item>(
  { memory, warnings }: RunContext<K, Item>,
  start: number,
  end: number | null,
): void {
  if (memory === null || end === null || start < end) return;
  warnings.warn(
    "MEMORY_UNUSED",
    `the cross-batch memory would be used from step ${start} on, but the run ends at step ${end}; lower startStep of XbmConfig`,
  );
}
