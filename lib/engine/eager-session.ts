import type { Program, ProgramResult, Session } from "../contracts/engine.js";
import { UsageError } from "../errors.js";
import type { Random } from "../random.js";
import { download, upload, type HostTensor, type HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, type Tensors } from "../tensor/tree.js";
import { noNoise, seededNoise } from "./seeded-noise.js";

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
  /** What the session is doing; it does one thing at a time. */
  #busy: { readonly what: string; readonly until: Promise<unknown> } | null = null;
  #closed = false;

  constructor(programs: Readonly<Record<string, Program>>, carried: HostTensors, onClose: () => void) {
    this.#programs = new Map(Object.entries(programs));
    this.#carried = mapEntries(carried, place);
    this.#onClose = onClose;
  }

  run(
    program: string,
    inputs: HostTensors,
    noise?: Random,
    accept: (reported: HostTensors) => boolean = () => true,
  ): Promise<HostTensors> {
    return this.#alone(`program "${program}"`, async () => {
      const made = this.#compute(program, inputs, noise);
      let accepted = false;
      try {
        const reported = await downloadAll(made.reported);
        accepted = accept(reported);
        return reported;
      } finally {
        tf.dispose(made.reported);
        if (accepted) this.#replace(made.carried);
        else tf.dispose(made.carried);
      }
    });
  }

  read(matches: (name: string) => boolean = () => true): Promise<HostTensors> {
    return this.#alone("read", () =>
      downloadAll(Object.fromEntries(Object.entries(this.#carried).filter(([name]) => matches(name)))),
    );
  }

  write(values: HostTensors): Promise<void> {
    return this.#alone("write", () => {
      for (const [name, { data, shape }] of Object.entries(values)) {
        this.#check("Session.write", name, data instanceof Int32Array ? "int32" : "float32", shape);
      }
      this.#replace(mapEntries(values, place));
      return Promise.resolve();
    });
  }

  /** Waits for what is running, then frees the carried tensors. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#busy?.until.catch(() => undefined);
    tf.dispose(this.#carried as Record<string, tf.Tensor>);
    this.#carried = {};
    this.#onClose();
  }

  async #alone<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new UsageError(`${what}: the session is closed`);
    if (this.#busy !== null)
      throw new UsageError(`${what}: the session is busy with ${this.#busy.what}; await that first`);
    const until = work();
    const mine = { what, until };
    this.#busy = mine;
    try {
      return await until;
    } finally {
      this.#busy = null;
    }
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
      for (const [key, { dtype, shape }] of carried) this.#check(`program "${name}"`, key, dtype, shape);
      const scope = tf.engine().state.activeScope.id;
      /** A tensor of this run's own, kept: the one given when the run has just made it, a copy when it is someone else's. */
      const own = (tensor: tf.Tensor): tf.Tensor =>
        tf.keep(!tensor.kept && tensor.scopeId === scope ? tensor : tf.clone(tensor));
      for (const [key, tensor] of carried) if (tensor !== this.#carried[key]) outcome.carried[key] = own(tensor);
      for (const [key, tensor] of Object.entries(result.reported)) outcome.reported[key] = own(tensor);
    };
    try {
      tf.tidy(compute);
      return outcome;
    } catch (error) {
      tf.dispose([outcome.carried, outcome.reported]);
      throw error;
    }
  }

  #check(who: string, name: string, dtype: string, shape: readonly number[]): void {
    const present = this.#carried[name];
    if (present === undefined) {
      throw new UsageError(
        `${who}: there is no carried tensor "${name}"; there are ${Object.keys(this.#carried).join(", ")}`,
      );
    }
    if (present.dtype !== dtype || present.shape.join() !== shape.join()) {
      throw new UsageError(
        `${who}: carried tensor "${name}" is ${present.dtype} [${present.shape.join(", ")}], got ${dtype} [${shape.join(", ")}]`,
      );
    }
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
