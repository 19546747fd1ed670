import type { Acceptance, Program, Session } from "../contracts/engine.js";
import { UsageError } from "../errors.js";
import type { Random } from "../random.js";
import type { Json } from "../json.js";
import type { HostTensors } from "../tensor/host.js";
import { mapEntries } from "../tensor/tree.js";
import { requireLayouts, type Layout } from "./carried-layout.js";
import { readRecords } from "./graph-history.js";
import { EagerEngine } from "./eager-engine.js";
import { NativePrograms, NotCompiled, type RunRequest } from "./native-programs.js";
import type { NativeSettings } from "./onnx/native-messages.js";
import type { NativeThread } from "./onnx/native-thread.js";
import { OneAtATime } from "./one-at-a-time.js";

/** What a session is opened with. */
export interface CompiledSessionSetup {
  readonly thread: NativeThread;
  /** A number that no other session of the thread has. */
  readonly id: number;
  readonly settings: NativeSettings;
  readonly programs: Readonly<Record<string, Program>>;
  readonly carried: HostTensors;
  /** Is told once of each program that cannot be compiled. */
  readonly warn: (message: string) => void;
  readonly onClose: () => void;
}

/**
 * Programs of the compiled engine. Their carried tensors live on the native thread; while a program needs it that cannot be compiled,
 * on the eager engine.
 */
export class CompiledSession implements Session {
  readonly #setup: CompiledSessionSetup;
  readonly #programs: ReadonlyMap<string, Program>;
  readonly #native: NativePrograms;
  readonly #layouts: Readonly<Record<string, Layout>>;
  readonly #turn = new OneAtATime();
  /** Programs that could not be compiled. */
  readonly #eager = new Set<string>();
  #eagerEngine: EagerEngine | null = null;
  #eagerSession: Session | null = null;
  /** Who has the carried tensors as they are now. */
  #home: "native" | "eager" = "native";

  private constructor(setup: CompiledSessionSetup, native: NativePrograms) {
    this.#setup = setup;
    this.#programs = new Map(Object.entries(setup.programs));
    this.#native = native;
    this.#layouts = mapEntries(setup.carried, ({ data, shape }) => ({
      dtype: data instanceof Int32Array ? "int32" : "float32",
      shape: [...shape],
    }));
  }

  static async open(setup: CompiledSessionSetup): Promise<CompiledSession> {
    const { thread, id, carried, settings } = setup;
    return new CompiledSession(setup, await NativePrograms.open(thread, id, carried, settings, setup.warn));
  }

  run(program: string, inputs: HostTensors, noise?: Random, accept: Acceptance = []): Promise<HostTensors> {
    return this.#turn.do(`program "${program}"`, () => this.#run(program, { inputs, noise, accept }));
  }

  ahead(program: string, inputs: HostTensors, noise?: Random, accept: Acceptance = []): void {
    if (this.#home === "native" && !this.#turn.closed) this.#native.ahead(program, { inputs, noise, accept });
  }

  review(): void {
    this.#native.review();
  }

  get history(): Json {
    return this.#native.history as unknown as Json;
  }

  async restore(history: Json): Promise<void> {
    const saved = (history ?? {}) as Readonly<Record<string, Json>>;
    for (const [name, program] of this.#programs) {
      // What cannot be compiled any more says so when it is run.
      await this.#native.restore(name, program, readRecords(saved[name])).catch((error: unknown) => {
        if (!(error instanceof NotCompiled)) throw error;
      });
    }
  }

  recycle(reported: HostTensors): void {
    this.#native.recycle(reported);
  }

  read(matches: (name: string) => boolean = () => true): Promise<HostTensors> {
    return this.#turn.do("read", () => this.#read(Object.keys(this.#layouts).filter(matches)));
  }

  write(values: HostTensors): Promise<void> {
    return this.#turn.do("write", async () => {
      requireLayouts("Session.write", this.#layouts, values);
      if (this.#home === "native") await this.#native.write(values);
      else await this.#eagerSession?.write(values);
    });
  }

  /** Waits for what is running, then frees graphs and carried tensors. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#turn.closed) return;
    await this.#turn.close();
    await this.#native.close();
    await this.#eagerEngine?.[Symbol.asyncDispose]();
    this.#setup.onClose();
  }

  async #run(name: string, request: RunRequest): Promise<HostTensors> {
    const program = this.#programs.get(name);
    if (program === undefined) {
      throw new UsageError(`there is no program "${name}"; this session has ${[...this.#programs.keys()].join(", ")}`);
    }
    if (this.#eager.has(name)) return this.#runEagerly(name, request);
    // Known graphs are sent before anything else can be, so that a run told ahead follows the one under way.
    if (this.#home !== "native") await this.#moveTo("native");
    try {
      return await this.#native.run(name, program, request);
    } catch (error) {
      if (!(error instanceof NotCompiled)) throw error;
      // A mistake of the program shows here as the mistake it is, and is no reason to warn.
      const reported = await this.#runEagerly(name, request);
      this.#eager.add(name);
      const { cause } = error;
      const why = cause instanceof Error ? cause.message : String(cause);
      this.#setup.warn(`program "${name}" cannot be compiled and runs eagerly from here on, which is slower: ${why}`);
      return reported;
    }
  }

  async #runEagerly(name: string, { inputs, noise, accept }: RunRequest): Promise<HostTensors> {
    if (this.#home !== "eager") await this.#moveTo("eager");
    return (this.#eagerSession as Session).run(name, inputs, noise, accept);
  }

  async #read(names: readonly string[]): Promise<HostTensors> {
    if (this.#home === "native") return this.#native.read(names);
    const wanted = new Set(names);
    return (this.#eagerSession as Session).read((name) => wanted.has(name));
  }

  async #moveTo(home: "native" | "eager"): Promise<void> {
    const carried = await this.#read(Object.keys(this.#layouts));
    if (home === "native") await this.#native.write(carried);
    else if (this.#eagerSession !== null) await this.#eagerSession.write(carried);
    else {
      this.#eagerEngine = await EagerEngine.open();
      this.#eagerSession = await this.#eagerEngine.start(this.#setup.programs, carried);
    }
    this.#home = home;
  }
}
