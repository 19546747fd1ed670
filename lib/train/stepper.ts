import type { Kind } from "../contracts/samples.js";
import { NonFiniteError } from "../errors.js";
import type { Random } from "../random.js";
import type { HostMatrix, HostTensor, HostTensors } from "../tensor/host.js";
import { mapEntries, under } from "../tensor/tree.js";
import { adviceFor, firstNonFinite } from "./non-finite.js";
import { warnOfNoGradient } from "./no-gradient.js";
import type { Prepared } from "./prepare.js";
import type { RunContext } from "./run-context.js";
import type { Scalars } from "./events.js";
import { whenThere } from "./one-ahead.js";
import { StepInputs, type StepRequest } from "./step-inputs.js";

/** What a training batch gave. */
export interface StepOutcome {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly terms: Scalars;
  /** When the run asked for them. */
  readonly embeddings: HostMatrix | null;
  readonly similarities: HostMatrix | null;
  /** To be called when nobody will look at the similarities any more, nor, if that is said, at the embeddings. */
  readonly release: (embeddingsToo: boolean) => void;
  /** False while gradients are only accumulated. */
  readonly updated: boolean;
  /** A sentence when the batch was left out because its loss was not finite. */
  readonly skipped: string | null;
}

/** What must be finite for a step to count. */
const FINITE = ["loss", "gradientNorm"] as const;

/** Runs training batches: scalars of the optimizer, cross-batch memory, accumulation, what is not finite. */
export class Stepper<K extends Kind, Item> {
  readonly #run: RunContext<K, Item>;
  readonly #inputs: StepInputs<K, Item>;
  /** What the engine has been told to start on. */
  #ahead: StepRequest<K> | null = null;

  constructor(run: RunContext<K, Item>) {
    this.#run = run;
    this.#inputs = new StepInputs(run);
  }

  /**
   * Trains on one batch.
   *
   * @param upcoming the batch after it, which the engine may start on meanwhile; null = there is none.
   * @throws NonFiniteError when configured to stop.
   */
  async train(
    prepared: Prepared<K>,
    upcoming: Promise<Prepared<K> | null> = Promise.resolve(null),
  ): Promise<StepOutcome> {
    const { session, config, loop, memory } = this.#run;
    const { program, inputs, batchesSeen } = this.#request(prepared);
    const noise = (): Random => this.#inputs.noise(batchesSeen);
    const fused = program === "step";
    // What the next batch takes is known before this one is done, unless a memory or an update comes between.
    const early = fused && memory === null;
    const running = session.run(program, inputs, noise(), FINITE);
    if (early) this.#start(upcoming, batchesSeen + 1);
    // What is there already of a batch that has to wait is made ready meanwhile.
    else whenThere(upcoming, ({ inputs: next }) => Object.values(next).forEach(({ data }) => void data));
    const reported = await running;
    const finite = Number.isFinite(numberOf(reported, "loss")) && Number.isFinite(numberOf(reported, "gradientNorm"));
    const [loss, gradientNorm] = [numberOf(reported, "loss"), numberOf(reported, "gradientNorm")];
    warnOfNoGradient(this.#run, prepared, { loss, gradientNorm });
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
      const culprit = firstNonFinite(await session.run("diagnose", inputs, noise()), numberOf(reported, "loss"));
      skipped = `epoch ${loop.epoch}, batch ${prepared.position}: loss ${numberOf(reported, "loss")}; the first thing that is not finite is ${culprit}`;
      if (config.onNonFinite === "stop") {
        throw new NonFiniteError(
          `${skipped}. ${adviceFor(culprit, config)}; or leave such batches out: onNonFinite: "skip"`,
        );
      }
    }
    loop.batchesSeen += 1;
    if (!early) this.#start(upcoming, batchesSeen + 1);
    return {
      loss: numberOf(reported, "loss"),
      gradientNorm: numberOf(reported, "gradientNorm"),
      terms: {
        ...mapEntries(under(reported, "terms"), ({ data }) => data[0] as number),
        ...(drift === null ? {} : { memoryDrift: drift }),
      },
      embeddings: embeddingsOf(reported),
      similarities: "similarities" in reported ? matrixOf(reported["similarities"] as HostTensor) : null,
      updated,
      skipped,
      release: (embeddingsToo) => {
        const { embeddings, similarities, keys } = reported;
        session.recycle?.({
          ...(keys === undefined ? {} : { keys }),
          ...(similarities === undefined ? {} : { similarities }),
          ...(embeddings === undefined || !embeddingsToo ? {} : { embeddings }),
        });
      },
    };
  }

  /** Makes an update of what was accumulated; false when there was nothing. */
  async flush(): Promise<boolean> {
    const { session, loop } = this.#run;
    if (loop.pending === 0) return false;
    await session.run("update", this.#inputs.update());
    loop.pending = 0;
    loop.step += 1;
    return true;
  }

  /** Numbers of the optimizer in the last update, such as the learning rate; before the first, those of the first. */
  scalars(): Scalars {
    return this.#inputs.scalars(Math.max(0, this.#run.loop.step - 1));
  }

  /** First step at which the memory is used. */
  get memoryStart(): number {
    return this.#inputs.memoryStart;
  }

  /** The request that the engine has started on, if that is still what is wanted. */
  #request(prepared: Prepared<K>): StepRequest<K> {
    const ahead = this.#ahead;
    this.#ahead = null;
    return ahead !== null && this.#inputs.isCurrent(ahead, prepared) ? ahead : this.#inputs.of(prepared);
  }

  /**
   * Lets the engine start on the batch after this one as soon as it is there.
   *
   * @param batchesSeen how many there will have been before it.
   */
  #start(upcoming: Promise<Prepared<K> | null>, batchesSeen: number): void {
    const { session } = this.#run;
    if (session.ahead === undefined) return;
    whenThere(upcoming, (next) => {
      const later = this.#run.loop.batchesSeen === batchesSeen ? 0 : 1;
      this.#ahead = this.#inputs.of(next, later);
      const { program, inputs } = this.#ahead;
      session.ahead?.(program, inputs, this.#inputs.noise(batchesSeen), FINITE);
    });
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
