import type { Kind } from "../contracts/samples.js";
import { NonFiniteError } from "../errors.js";
import { hostScalar, type HostMatrix, type HostTensor, type HostTensors } from "../tensor/host.js";
import { mapEntries, prefixed, under } from "../tensor/tree.js";
import { firstNonFinite } from "./non-finite.js";
import type { Prepared } from "./prepare.js";
import type { RunContext } from "./run-context.js";
import type { Scalars } from "./events.js";

/** What a training batch gave. */
export interface StepOutcome {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly terms: Scalars;
  /** When the run asked for them. */
  readonly embeddings: HostMatrix | null;
  /** False while gradients are only accumulated. */
  readonly updated: boolean;
  /** A sentence when the batch was left out because its loss was not finite. */
  readonly skipped: string | null;
}

/** Runs training batches: scalars of the optimizer, cross-batch memory, accumulation, what is not finite. */
export class Stepper<K extends Kind, Item> {
  readonly #run: RunContext<K, Item>;

  constructor(run: RunContext<K, Item>) {
    this.#run = run;
  }

  /** Trains on one batch. @throws NonFiniteError when configured to stop. */
  async train(prepared: Prepared<K>): Promise<StepOutcome> {
    const { session, config, random, loop } = this.#run;
    const fused = config.accumulate === 1;
    const inputs = { ...prepared.inputs, ...this.#memoryInputs(), ...(fused ? this.#updateInputs() : {}) };
    const noise = (): ReturnType<typeof random.fork> => random.fork("noise").fork(loop.batchesSeen);
    let finite = true;
    const reported = await session.run(fused ? "step" : "accumulate", inputs, noise(), (report) => {
      finite = Number.isFinite(numberOf(report, "loss")) && Number.isFinite(numberOf(report, "gradientNorm"));
      return finite;
    });
    let skipped: string | null = null;
    let updated = fused && finite;
    if (finite) {
      this.#remember(reported, prepared);
      if (fused) loop.step += 1;
      else {
        loop.pending += 1;
        if (loop.pending >= config.accumulate) updated = await this.flush();
      }
    } else {
      const culprit = firstNonFinite(await session.run("diagnose", inputs, noise()));
      skipped = `epoch ${loop.epoch}, batch ${prepared.position}: loss ${numberOf(reported, "loss")}; the first thing that is not finite is ${culprit}`;
      if (config.onNonFinite === "stop") {
        throw new NonFiniteError(
          `${skipped}. Lower the learning rate, set clipNorm, check the data; or leave such batches out: onNonFinite: "skip"`,
        );
      }
    }
    loop.batchesSeen += 1;
    return {
      loss: numberOf(reported, "loss"),
      gradientNorm: numberOf(reported, "gradientNorm"),
      terms: mapEntries(under(reported, "terms"), ({ data }) => data[0] as number),
      embeddings: embeddingsOf(reported),
      updated,
      skipped,
    };
  }

  /** Makes an update of what was accumulated; false when there was nothing. */
  async flush(): Promise<boolean> {
    const { session, loop } = this.#run;
    if (loop.pending === 0) return false;
    await session.run("update", this.#updateInputs());
    loop.pending = 0;
    loop.step += 1;
    return true;
  }

  /** Numbers of the optimizer at this step, such as the learning rate. */
  scalars(): Scalars {
    const { assembled, limits, loop } = this.#run;
    return assembled.optimizer.scalars({ step: loop.step, totalSteps: limits.totalSteps });
  }

  #updateInputs(): HostTensors {
    const { config, loop } = this.#run;
    const scalars: Record<string, HostTensor> = prefixed("scalars", mapEntries(this.scalars(), hostScalar));
    if (config.ema !== null)
      scalars["average/decay"] = hostScalar(loop.step < config.ema.startStep ? 0 : config.ema.decay);
    return scalars;
  }

  /** The memory as it was before this batch: a row is never its own neighbour. */
  #memoryInputs(): HostTensors {
    const { assembled, memory, loop } = this.#run;
    if (memory === null || assembled.xbm === null || memory.filled === 0) return {};
    const start = this.memoryStart;
    if (loop.step < start) return {};
    const { weight, ramp } = assembled.xbm;
    const share = ramp === 0 ? 1 : Math.min(1, (loop.step - start + 1) / ramp);
    return prefixed("memory", { ...memory.tensors(), weight: hostScalar(weight * share) });
  }

  /** First step at which the memory is used. Default: after one epoch. */
  get memoryStart(): number {
    const { assembled, limits, config } = this.#run;
    return assembled.xbm?.startStep ?? Math.ceil((limits.batchesPerEpoch ?? 1000) / config.accumulate);
  }

  #remember(reported: HostTensors, prepared: Prepared<K>): void {
    const { memory, assembled, loop } = this.#run;
    const embeddings = embeddingsOf(reported);
    if (memory === null || assembled.xbm === null || embeddings === null) return;
    if (!assembled.xbm.fillDuringWarmup && loop.step < this.memoryStart) return;
    const { groups } = prepared.targets as unknown as { readonly groups: Int32Array }; // a memory exists for kind "group" alone
    const dropped = memory.push(embeddings, groups);
    if (dropped > 0)
      this.#run.warnings.warn(
        "MEMORY_SMALL",
        `a batch of ${embeddings.rows} rows does not fit into the cross-batch memory of ${memory.capacity}; only its newest rows are kept (raise bufferSize of XbmConfig)`,
      );
  }
}

function numberOf(reported: HostTensors, name: string): number {
  return reported[name]?.data[0] ?? NaN;
}

/** The reported embeddings as rows. */
export function embeddingsOf(reported: HostTensors): HostMatrix | null {
  const tensor = reported["embeddings"];
  if (tensor === undefined) return null;
  const [rows = 0, size = 0] = tensor.shape;
  return { data: tensor.data as Float32Array, rows, size };
}
