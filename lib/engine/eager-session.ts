import { setImmediate } from "node:timers/promises";
import type { Acceptance, Program, ProgramResult, Session } from "../contracts/engine.js";
import { UsageError } from "../errors.js";
import type { Random } from "../random.js";
import { download, upload, type HostTensor, type HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, type Tensors } from "../tensor/tree.js";
import { isAccepted } from "./acceptance.js";
import { requireLayout, requireLayouts } from "./carried-layout.js";
import { explainEnded } from "./ended-tensor.js";
import { OneAtATime } from "./one-at-a-time.js";
import { noNoise, seededNoise } from "./seeded-noise.js";

/** Milliseconds of runs after which timers and signals have their turn: what is computed here never waits for anything by itself. */
const TURN = 10;

/** What a run has made, owned by the session until it is taken over or disposed. */
interface Outcome {
  readonly carried: Record<string, tf.Tensor>;
  readonly reported: Record<string, tf.Tensor>;
}

/** Programs of the eager engine with their carried tensors, which live on the tfjs backend outside every `tf.tidy`. */
export class EagerSession implements Session {
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #onClose: () => void;
  #carried: Tensors;
  readonly #turn = new OneAtATime();
  #lastTurn = performance.now();

  constructor(programs: Readonly<Record<string, Program>>, carried: HostTensors, onClose: () => void) {
    this.#programs = new Map(Object.entries(programs));
    this.#carried = mapEntries(carried, place);
    this.#onClose = onClose;
  }

  run(program: string, inputs: HostTensors, noise?: Random, accept: Acceptance = []): Promise<HostTensors> {
    return this.#turn.do(`program "${program}"`, async () => {
      await this.#letOthers();
      const made = this.#compute(program, inputs, noise);
      let accepted = false;
      try {
        const reported = await downloadAll(made.reported);
        accepted = isAccepted(accept, reported);
        return reported;
      } finally {
        tf.dispose(made.reported);
        if (accepted) this.#replace(made.carried);
        else tf.dispose(made.carried);
      }
    });
  }

  read(matches: (name: string) => boolean = () => true): Promise<HostTensors> {
    return this.#turn.do("read", () =>
      downloadAll(Object.fromEntries(Object.entries(this.#carried).filter(([name]) => matches(name)))),
    );
  }

  write(values: HostTensors): Promise<void> {
    return this.#turn.do("write", () => {
      requireLayouts("Session.write", this.#carried, values);
      this.#replace(mapEntries(values, place));
      return Promise.resolve();
    });
  }

  /** Waits for what is running, then frees the carried tensors. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn.close();
    tf.dispose(this.#carried as Record<string, tf.Tensor>);
    this.#carried = {};
    this.#onClose();
  }

  /** Runs a program; on a throw nothing is left and nothing has changed. */
  #compute(name: string, inputs: HostTensors, random: Random | undefined): Outcome {
    const program = this.#programs.get(name);
    if (program === undefined) {
      throw new UsageError(`there is no program "${name}"; this session has ${[...this.#programs.keys()].join(", ")}`);
    }
    const outcome: Outcome = { carried: {}, reported: {} };
    const compute = (): void => {
      const noise = random === undefined ? noNoise : seededNoise(random);
      const result: ProgramResult | Promise<unknown> = program(this.#carried, mapEntries(inputs, uploadCopy), noise);
      if (result instanceof Promise)
        throw new UsageError(`program "${name}" is asynchronous; programs are pure functions of tensors`);
      const carried = Object.entries(result.carried ?? {});
      for (const [key, tensor] of carried) requireLayout(`program "${name}"`, this.#carried, key, tensor);
      const scope = tf.engine().state.activeScope.id;
      /** A tensor of this run's own, kept: the one given when the run has just made it, a copy when it is someone else's. */
      const own = (tensor: tf.Tensor): tf.Tensor =>
        tf.keep(!tensor.kept && tensor.scopeId === scope ? tensor : tf.clone(tensor));
      for (const [key, tensor] of carried) if (tensor !== this.#carried[key]) outcome.carried[key] = own(tensor);
      for (const [key, tensor] of Object.entries({ ...result.ordered, ...result.reported }))
        outcome.reported[key] = own(tensor);
    };
    try {
      tf.tidy(compute);
      return outcome;
    } catch (error) {
      tf.dispose([outcome.carried, outcome.reported]);
      throw explainEnded(error, name);
    }
  }

  async #letOthers(): Promise<void> {
    if (performance.now() - this.#lastTurn < TURN) return;
    await setImmediate();
    this.#lastTurn = performance.now();
  }

  #replace(tensors: Tensors): void {
    const before = this.#carried;
    this.#carried = { ...before, ...tensors };
    for (const name of Object.keys(tensors)) before[name]?.dispose();
  }
}

async function downloadAll(tensors: Tensors): Promise<HostTensors> {
  const names = Object.keys(tensors);
  const values = await Promise.all(names.map((name) => download(tensors[name] as tf.Tensor)));
  return Object.fromEntries(names.map((name, i) => [name, values[i] as HostTensor]));
}

/** A tensor that outlives every scope. */
function place(host: HostTensor): tf.Tensor {
  return tf.keep(uploadCopy(host));
}

/** Only the wasm backend copies at once; others would see the caller's array change later. */
function uploadCopy(host: HostTensor): tf.Tensor {
  return upload(tf.getBackend() === "wasm" ? host : { data: host.data.slice(), shape: host.shape });
}
