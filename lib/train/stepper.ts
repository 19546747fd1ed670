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
    const inputs = { ...prepared.inputs, ...this.#memoryInputs(prepared), ...(fused ? this.#updateInputs() : {}) };
    const noise = (): ReturnType<typeof random.fork> => random.fork("noise").fork(loop.batchesSeen);
    const reported = await session.run(fused ? "step" : "accumulate", inputs, noise(), ["loss", "gradientNorm"]);
    const finite = Number.isFinite(numberOf(reported, "loss")) && Number.isFinite(numberOf(reported, "gradientNorm"));
    let skipped: string | null = null;
    let drift: number | null = null;
    let updated = fused && finite;
    if (finite) {
      this.#remember(reported, prepared);
      drift = await this.#drift(prepared);
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
      terms: {
        ...mapEntries(under(reported, "terms"), ({ data }) => data[0] as number),
        ...(drift === null ? {} : { memoryDrift: drift }),
      },
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
    const momentum = this.#run.assembled.xbm?.momentum ?? null;
    if (momentum !== null) scalars["key/decay"] = hostScalar(momentum);
    return scalars;
  }

  /** The memory as it was before this batch, without older rows of its items: an item is never its own neighbour. */
  #memoryInputs({ items }: Prepared<K>): HostTensors {
    const { assembled, memory, loop } = this.#run;
    if (memory === null || assembled.xbm === null || memory.filled === 0) return {};
    const start = this.memoryStart;
    if (loop.step < start) return {};
    const { weight, ramp } = assembled.xbm;
    const share = ramp === 0 ? 1 : Math.min(1, (loop.step - start + 1) / ramp);
    return prefixed("memory", { ...memory.tensors(items), weight: hostScalar(weight * share) });
  }

  async #drift({ inputs }: Prepared<K>): Promise<number | null> {
    const { drift, session, random, loop } = this.#run;
    if (drift === null) return null;
    const known = Object.entries(inputs).filter(([name]) => !/^(targets\/|dataset\/|guide$)/u.test(name));
    return drift.measure(loop.batchesSeen, Object.fromEntries(known), async (given) => {
      const { embeddings } = await session.run("remember", given, random.fork("evaluate"));
      return matrixOf(embeddings as HostTensor);
    });
  }

  /** First step at which the memory is used. Default: after one epoch. */
  get memoryStart(): number {
    const { assembled, limits, config } = this.#run;
    return assembled.xbm?.startStep ?? Math.ceil((limits.batchesPerEpoch ?? 1000) / config.accumulate);
  }

  #remember(reported: HostTensors, prepared: Prepared<K>): void {
    const { memory, assembled, loop } = this.#run;
    const { keys = reported["embeddings"] } = reported;
    if (memory === null || assembled.xbm === null || keys === undefined) return;
    if (!assembled.xbm.fillDuringWarmup && loop.step < this.memoryStart) return;
    const { embeddings, groups, items } = rowsToRemember(matrixOf(keys), prepared);
    const dropped = memory.push(embeddings, groups, items);
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
  return tensor === undefined ? null : matrixOf(tensor);
}

function matrixOf({ data, shape: [rows = 0, size = 0] }: HostTensor): HostMatrix {
  return { data: data as Float32Array, rows, size };
}

/** Of groups all rows; of pairs the `b`s, which are what the `a`s of other batches look through. */
function rowsToRemember<K extends Kind>(
  { data, rows, size }: HostMatrix,
  { targets, items }: Prepared<K>,
): { readonly embeddings: HostMatrix; readonly groups: Int32Array; readonly items: Float64Array } {
  const numbers = items ?? new Float64Array(rows);
  if ("groups" in targets)
    return { embeddings: { data, rows, size }, groups: targets.groups as Int32Array, items: numbers };
  const half = rows / 2; // assembly lets groups and pairs pass alone
  const embeddings = { data: data.subarray(half * size), rows: half, size };
  return { embeddings, groups: new Int32Array(half), items: numbers.subarray(half) };
}
