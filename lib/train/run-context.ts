import type { Session } from "../contracts/engine.js";
import type { Kind } from "../contracts/samples.js";
import type { DriftMeter } from "../memory/drift-meter.js";
import type { RingBuffer } from "../memory/ring-buffer.js";
import type { Assembled } from "../model/assemble.js";
import type { EmbedRows } from "../model/collate.js";
import type { HostTensors } from "../tensor/host.js";
import type { Random } from "../random.js";
import type { CallbackRunner } from "./callback-runner.js";
import type { Limits } from "./limits.js";
import type { MetricRows } from "./metric-rows.js";
import type { ScalarLog } from "./log.js";
import type { LoopState } from "./loop-state.js";
import type { TrainerConfig } from "./trainer-config.js";
import type { Warnings } from "./warnings.js";

/** Everything the parts of one run share. */
export interface RunContext<K extends Kind, Item> {
  readonly assembled: Assembled<K, Item>;
  readonly session: Session;
  readonly config: TrainerConfig;
  readonly limits: Limits;
  /** The run's seed; each use forks it by name. */
  readonly random: Random;
  readonly embedRows: EmbedRows<Item>;
  /** Takes back what `embedRows` gave for a batch that is done with. */
  readonly recycleInputs?: (inputs: HostTensors) => void;
  readonly callbacks: CallbackRunner;
  /** Numbers of the current training epoch. */
  readonly log: ScalarLog;
  readonly memory: RingBuffer | null;
  /** How far remembered rows move; null without a memory. */
  readonly drift: DriftMeter | null;
  /** Rows that train metrics over an epoch have seen; empty when there are none. */
  readonly metricRows: MetricRows;
  /** What the user should know; told between two batches. */
  readonly warnings: Warnings;
  /** Changes as the run goes on. */
  readonly loop: LoopState;
}
