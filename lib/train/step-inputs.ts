import type { Kind } from "../contracts/samples.js";
import type { Random } from "../random.js";
import { hostScalar, type HostTensor, type HostTensors } from "../tensor/host.js";
import { mapEntries, prefixed } from "../tensor/tree.js";
import type { Scalars } from "./events.js";
import type { Prepared } from "./prepare.js";
import type { RunContext } from "./run-context.js";

/** Everything that the run of one batch takes. */
export interface StepRequest<K extends Kind> {
  readonly program: "step" | "accumulate";
  readonly prepared: Prepared<K>;
  readonly inputs: HostTensors;
  /** Those of the inputs that come from how far the run is. */
  readonly numbers: Scalars;
  /** Batches before it, which decide its noise. */
  readonly batchesSeen: number;
}

/** Makes the inputs of training batches: the batch itself, the memory, numbers of the optimizer. */
export class StepInputs<K extends Kind, Item> {
  readonly #run: RunContext<K, Item>;

  constructor(run: RunContext<K, Item>) {
    this.#run = run;
  }

  /** @param later 1 when the batch is run after the one under way, 0 when there is none. */
  of(prepared: Prepared<K>, later: 0 | 1 = 0): StepRequest<K> {
    const numbers = this.#numbers(later);
    const memory = "memory/weight" in numbers ? this.#memoryRows(prepared) : {};
    return {
      program: this.#fused ? "step" : "accumulate",
      prepared,
      inputs: { ...prepared.inputs, ...memory, ...mapEntries(numbers, hostScalar) },
      numbers,
      batchesSeen: this.#run.loop.batchesSeen + later,
    };
  }

  /** Whether a request made earlier is what this batch takes now. A memory is not compared: its tensors change with it. */
  isCurrent({ prepared, batchesSeen, numbers }: StepRequest<K>, batch: Prepared<K>): boolean {
    if (prepared !== batch || batchesSeen !== this.#run.loop.batchesSeen) return false;
    const now = this.#numbers(0);
    const names = Object.keys(now);
    return names.length === Object.keys(numbers).length && names.every((name) => now[name] === numbers[name]);
  }

  /** For an update by itself. */
  update(): HostTensors {
    return mapEntries(this.#updateNumbers(this.#run.loop.step), hostScalar);
  }

  /** Decides all random numbers of a batch. */
  noise(batchesSeen: number): Random {
    return this.#run.random.fork("noise").fork(batchesSeen);
  }

  /** Numbers of the optimizer, such as the learning rate. */
  scalars(step: number): Scalars {
    const { assembled, limits } = this.#run;
    return assembled.optimizer.scalars({ step, totalSteps: limits.totalSteps });
  }

  /** First step at which the memory is used. Default: after one epoch. */
  get memoryStart(): number {
    const { assembled, limits, config } = this.#run;
    return assembled.xbm?.startStep ?? Math.ceil((limits.batchesPerEpoch ?? 1000) / config.accumulate);
  }

  get #fused(): boolean {
    return this.#run.config.accumulate === 1;
  }

  /** Numbers that depend on how far the run is. */
  #numbers(later: 0 | 1): Scalars {
    const step = this.#run.loop.step + (this.#fused ? later : 0);
    return { ...this.#memoryWeight(step), ...(this.#fused ? this.#updateNumbers(step) : {}) };
  }

  #updateNumbers(step: number): Scalars {
    const { config, assembled } = this.#run;
    const momentum = assembled.xbm?.momentum ?? null;
    return {
      ...prefixed("scalars", this.scalars(step)),
      ...(config.ema === null ? {} : { "average/decay": step < config.ema.startStep ? 0 : config.ema.decay }),
      ...(momentum === null ? {} : { "key/decay": momentum }),
    };
  }

  #memoryWeight(step: number): Scalars {
    const { assembled, memory } = this.#run;
    const start = this.memoryStart;
    if (memory === null || assembled.xbm === null || memory.filled === 0 || step < start) return {};
    const { weight, ramp } = assembled.xbm;
    const share = ramp === 0 ? 1 : Math.min(1, (step - start + 1) / ramp);
    return { "memory/weight": weight * share };
  }

  /** The memory as it was before this batch, without older rows of its items: an item is never its own neighbour. */
  #memoryRows({ items }: Prepared<K>): Readonly<Record<string, HostTensor>> {
    return prefixed("memory", this.#run.memory?.tensors(items) ?? {});
  }
}
