import { channel } from "node:diagnostics_channel";
import type { Acceptance, Program } from "../contracts/engine.js";
import { EngineError, ProviderError } from "../errors.js";
import type { Random } from "../random.js";
import type { HostTensor, HostTensors } from "../tensor/host.js";
import { mapEntries } from "../tensor/tree.js";
import { namedReport, type CompiledProgram } from "./compile-program.js";
import { multipliesBytes } from "./onnx/processor-file.js";
import type { NativeRun, NativeSettings } from "./onnx/native-messages.js";
import type { NativeThread } from "./onnx/native-thread.js";
import { PROCESSOR } from "./onnx/session.js";
import { isAccepted } from "./acceptance.js";
import { pack, withoutNumbers, type Held } from "./packed-inputs.js";
import { Reviews } from "./reviews.js";
import type { GraphRecord } from "./graph-history.js";
import { ProgramGraphs, type LoadedGraph } from "./program-graphs.js";
import { noNoise } from "./seeded-noise.js";

/** Numbers of an array that is worth using again, and such arrays that are kept for one output. */
const WORTH_KEEPING = 4096;
const MOST_SPARES = 2;

/** For measurements: `{ program, milliseconds, ahead }`, the time in native code and whether it was started ahead, after every run. */
const measured = channel("likewise:native-run");

/** A program cannot run natively; `cause` says why. The carried tensors are as they were. */
export class NotCompiled extends Error {
  constructor(override readonly cause: unknown) {
    super("not compiled", { cause });
  }
}

/** What a run is given besides its program. */
export interface RunRequest {
  readonly inputs: HostTensors;
  readonly noise: Random | undefined;
  readonly accept: Acceptance;
}

/** A run whose answer is on its way. */
interface UnderWay {
  readonly name: string;
  readonly inputs: HostTensors;
  readonly graph: LoadedGraph;
  readonly answer: Promise<NativeRun>;
}

/** Carried tensors on a native thread, and the graphs of programs over them, compiled when a program first meets a signature. */
export class NativePrograms {
  readonly #thread: NativeThread;
  readonly #session: number;
  readonly #settings: NativeSettings;
  /** Types and shapes of the carried tensors. */
  readonly #layouts: HostTensors;
  /** By program. */
  readonly #graphs = new Map<string, ProgramGraphs>();
  /** When they are recorded again. */
  readonly #reviews = new Reviews();
  #loaded = 0;
  /** Where arrays come from that were reported. */
  readonly #origins = new WeakMap<HostTensor["data"], HostTensor[]>();
  /** Was sent before anybody asked for it. */
  #ahead: UnderWay | null = null;
  /** Whether what is sent now finds the carried tensors as the last run leaves them. */
  #settled = true;

  readonly #warn: (message: string) => void;

  private constructor(
    thread: NativeThread,
    session: number,
    layouts: HostTensors,
    settings: NativeSettings,
    warn: (message: string) => void,
  ) {
    this.#warn = warn;
    this.#settings = settings;
    this.#thread = thread;
    this.#session = session;
    this.#layouts = layouts;
  }

  /** @param session a number that no other session of this thread has. */
  static async open(
    thread: NativeThread,
    session: number,
    carried: HostTensors,
    settings: NativeSettings,
    warn: (message: string) => void = () => undefined,
  ): Promise<NativePrograms> {
    await thread.ask({ type: "open", session, carried, ...settings });
    return new NativePrograms(thread, session, mapEntries(carried, withoutNumbers), settings, warn);
  }

  /**
   * @throws NotCompiled when the program cannot be traced, or the native runtime refuses it; ProviderError when the runtime refuses it
   * on a provider that was asked for.
   */
  async run(name: string, program: Program, { inputs, noise, accept }: RunRequest): Promise<HostTensors> {
    const ahead = this.#ahead;
    this.#ahead = null;
    this.#settled = false;
    let asked = false;
    let run: UnderWay;
    const graphs = this.#graphsOf(name, program);
    try {
      graphs.review(inputs);
    } catch (cause) {
      throw new NotCompiled(cause);
    }
    // Counted whether or not it was started ahead, which depends on the clock: runs decide which graph a shape has.
    const known = graphs.use(inputs);
    if (known !== undefined && ahead?.name === name && ahead.inputs === inputs) {
      run = ahead;
      this.#settle(true);
    } else {
      const graph = known ?? (await this.#native(name, () => graphs.load(inputs)));
      if (graph.compiled.draws && noise === undefined) noNoise.uniform([]);
      // With names alone, the thread decides by itself and updates while its answer is read.
      asked = typeof accept === "function" && graph.compiled.changes;
      run = this.#send(name, graph, { inputs, noise, accept }, !asked);
    }
    this.#settled = !asked;
    const answer = await this.#native(name, () => run.answer);
    const { compiled } = run.graph;
    graphs.addRun(run.graph, answer.milliseconds);
    if (answer.random !== null) noise?.restore(answer.random);
    if (measured.hasSubscribers)
      measured.publish({ program: name, milliseconds: answer.milliseconds, ahead: run === ahead });
    answer.reported.forEach((data, at) => {
      if (data instanceof Float32Array && data.length >= WORTH_KEEPING)
        this.#origins.set(data, run.graph.spares[at] as HostTensor[]);
    });
    const reported = namedReport(compiled, answer.reported);
    if (!asked) {
      if (typeof accept === "function") accept(reported);
      return reported;
    }
    let accepted = false;
    try {
      accepted = isAccepted(accept, reported);
      return reported;
    } finally {
      this.#settle(accepted);
    }
  }

  /** Sends a run that is likely to be asked for, if its graph is loaded; its changes wait for that. */
  ahead(name: string, request: RunRequest): void {
    const graph = this.#settled ? this.#graphs.get(name)?.get(request.inputs) : undefined;
    if (graph === undefined || typeof request.accept === "function") return;
    if (graph.compiled.draws && request.noise === undefined) return;
    this.#ahead = this.#send(name, graph, request, false);
    // A failure is reported to whoever asks for the run.
    this.#ahead.answer.catch(() => undefined);
  }

  /** Which graphs the programs have: see `Session.history`. */
  get history(): Record<string, readonly GraphRecord[]> {
    return Object.fromEntries([...this.#graphs].map(([name, graphs]) => [name, graphs.history]));
  }

  /** Loads the graphs that a program had. @throws what `run` throws when it cannot be compiled any more. */
  async restore(name: string, program: Program, records: readonly GraphRecord[]): Promise<void> {
    await this.#native(name, () => this.#graphsOf(name, program).restore(records));
  }

  /** Lets programs be recorded again when they are next run, as far as there is time for that. */
  review(): void {
    this.#reviews.ask();
  }

  /** Takes arrays back that were reported. */
  recycle(reported: HostTensors): void {
    for (const { data, shape } of Object.values(reported)) {
      const spares = this.#origins.get(data);
      this.#origins.delete(data);
      if (spares !== undefined && spares.length < MOST_SPARES) spares.push({ data, shape });
    }
  }

  /** Copies of carried tensors. */
  async read(names: readonly string[]): Promise<HostTensors> {
    const values = await this.#thread.ask({ type: "read", session: this.#session, names });
    return Object.fromEntries(names.map((name, at) => [name, values[at] as HostTensor]));
  }

  async write(values: HostTensors): Promise<void> {
    this.#ahead = null;
    await this.#thread.ask({ type: "write", session: this.#session, values });
  }

  /** Frees graphs and carried tensors. */
  async close(): Promise<void> {
    this.#graphs.clear();
    if (this.#thread.alive) await this.#thread.ask({ type: "close", session: this.#session });
  }

  #send(name: string, graph: LoadedGraph, { inputs, noise, accept }: RunRequest, settles: boolean): UnderWay {
    const { compiled, layout, parcels } = graph;
    const { buffer, held } = parcels.pop() ?? { buffer: new ArrayBuffer(layout.bytes), held: new Map() as Held };
    pack(inputs, layout, buffer, held);
    const random = compiled.draws ? (noise?.state ?? null) : null;
    const finite = finiteOutputs(compiled, accept);
    const reports = graph.spares.map((spares) => spares.pop() ?? null);
    const handedOver = reports.flatMap((spare) => (spare === null ? [] : [spare.data.buffer as ArrayBuffer]));
    const task = {
      type: "run",
      session: this.#session,
      graph: graph.id,
      buffer,
      random,
      reports,
      finite,
      settles,
    } as const;
    const answer = this.#thread.ask(task, [buffer, ...handedOver]).then((back) => {
      parcels.push({ buffer: back.buffer, held });
      return back;
    });
    return { name, inputs, graph, answer };
  }

  #settle(accepted: boolean): void {
    this.#settled = true;
    this.#thread.tell({ type: "settle", session: this.#session, accepted });
  }

  #graphsOf(name: string, program: Program): ProgramGraphs {
    let graphs = this.#graphs.get(name);
    if (graphs !== undefined) return graphs;
    const session = this.#session;
    const accelerator = this.#settings.provider !== PROCESSOR;
    graphs = new ProgramGraphs(name, program, {
      layouts: this.#layouts,
      threads: this.#settings.threads,
      bytes: !accelerator && multipliesBytes(),
      accelerator,
      reviews: this.#reviews,
      warn: (message) => this.#warn(`program "${name}" is slow: ${message}`),
      load: async (code, plan) => {
        this.#loaded += 1;
        const graph = this.#loaded;
        const moved = typeof code === "number" ? [] : [code.buffer as ArrayBuffer];
        await this.#thread.ask({ type: "load", session, graph, code, plan }, moved);
        return graph;
      },
      unload: (graph) => this.#thread.tell({ type: "unload", session, graph }),
    });
    this.#graphs.set(name, graphs);
    return graphs;
  }

  /** What the native runtime refuses may run elsewhere; when the thread itself is gone, nothing may. */
  async #native<T>(program: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      if (!this.#thread.alive) throw cause;
      // Who asks for a provider does not want it to be left out silently; what cannot be traced runs on none.
      const { provider } = this.#settings;
      if (provider !== PROCESSOR && cause instanceof EngineError) throw new ProviderError(provider, program, cause);
      throw new NotCompiled(cause);
    }
  }
}

/** Places of the outputs that must be finite. */
function finiteOutputs({ plan, reported }: CompiledProgram, accept: Acceptance): readonly number[] {
  if (typeof accept === "function") return [];
  const outputs = plan.outputs.flatMap(({ target }, at) => (target.to === "report" ? [at] : []));
  return reported.flatMap(({ name }, at) => (accept.includes(name) ? [outputs[at] as number] : []));
}
