import type { AttachedMetric } from "../contracts/metric.js";
import type { Kind } from "../contracts/samples.js";
import { ConfigError } from "../errors.js";
import { namesIn } from "./checkpoint-name.js";
import { EarlyStoppingConfig } from "./early-stopping-config.js";
import { EarlyStopping } from "./early-stopping.js";
import type { Scalars } from "./events.js";
import { watched, type Direction, type Watched } from "./monitor.js";
import type { TrainerConfig } from "./trainer-config.js";
import type { Warnings } from "./warnings.js";

/** What ends a run early and what decides the best state. */
export interface StoppingPlan {
  readonly earlyStopping: EarlyStopping | null;
  /** Decides the best state; null = the last is returned. */
  readonly watched: Watched | null;
  /** @throws ConfigError when validation does not log what is watched, or what names of checkpoints are made of. */
  readonly checkMonitors: (validation: Scalars) => void;
}

export function planStopping<K extends Kind>(
  config: TrainerConfig,
  metrics: readonly AttachedMetric<K>[],
  hasValidation: boolean,
  { warn }: Warnings,
  directions: Readonly<Record<string, Direction>> = {},
): StoppingPlan {
  const follow = (
    given: { readonly monitor: string | null; readonly mode: Direction | null },
    who: string,
  ): Watched => {
    const wanted = watched(given, metrics, hasValidation, directions);
    if (hasValidation || !wanted.monitor.startsWith("validation/")) return wanted;
    warn(
      "NO_VALIDATION",
      `${who} watches "${wanted.monitor}", but there is no validation loader; it follows "train/loss" instead`,
    );
    return { monitor: "train/loss", mode: "min" };
  };
  const unlimited =
    config.maxEpochs === null && config.maxSteps === null && config.maxTime === null && config.fastDevRun === false;
  const stopping = config.earlyStopping ?? (unlimited ? new EarlyStoppingConfig() : null);
  if (unlimited) {
    const end = config.earlyStopping === null ? "ends by early stopping with its defaults" : "ends by early stopping";
    warn("NO_LIMIT", `neither maxEpochs nor maxSteps nor maxTime is given: training ${end}, or after 1000 epochs`);
  }
  const earlyStopping = stopping === null ? null : new EarlyStopping(stopping, follow(stopping, "early stopping"));
  const checkpoint =
    config.checkpoint === false || config.checkpoint.monitor === null
      ? null
      : follow(config.checkpoint, "the checkpoint");
  const { saveTopK = 1, filename = null } = config.checkpoint === false ? {} : config.checkpoint;
  if ((saveTopK > 1 || saveTopK === -1) && checkpoint === null && earlyStopping === null) {
    throw new ConfigError("CheckpointConfig", [
      `saveTopK: ${saveTopK} needs a monitor, to know which states are the best: { monitor: "validation/loss" }`,
    ]);
  }
  const decides = checkpoint ?? earlyStopping?.watched ?? null;
  const places = filename === null || decides === null || saveTopK === 0 ? [] : namesIn(filename);
  const validated = places.filter((name) => name.startsWith("validation/"));
  const unknown = hasValidation ? [] : validated.filter((name) => !Object.hasOwn(directions, name));
  if (unknown.length > 0)
    throw new ConfigError(
      "CheckpointConfig",
      unknown.map((name) => `filename: "${name}" will not be logged, because there is no validation loader`),
    );
  return {
    earlyStopping,
    watched: decides,
    checkMonitors(validation) {
      const missing = [earlyStopping?.watched, checkpoint].filter(
        (what) =>
          what !== null &&
          what !== undefined &&
          what.monitor.startsWith("validation/") &&
          !(what.monitor in validation),
      );
      const absent = validated.filter((name) => !(name in validation) && !Object.hasOwn(directions, name));
      if (missing.length === 0 && absent.length === 0) return;
      const logged = Object.keys(validation).sort().join(", ");
      throw new ConfigError("TrainerConfig", [
        ...missing.map((what) => `monitor: "${what?.monitor}" is not logged by validation; there are: ${logged}`),
        ...absent.map((name) => `checkpoint.filename: "${name}" is not logged by validation; there are: ${logged}`),
      ]);
    },
  };
}
