import { channel } from "node:diagnostics_channel";
import type { Acceptance, Program } from "../contracts/engine.js";
import type { Random } from "../random.js";
import type { HostTensor, HostTensors } from "../tensor/host.js";
import { mapEntries } from "../tensor/tree.js";
import { compileProgram, namedReport, type CompiledProgram } from "./compile-program.js";
import type { NativeRun, NativeSettings } from "./onnx/native-messages.js";
import type { NativeThread } from "./onnx/native-thread.js";
import { isAccepted } from "./acceptance.js";
import { layoutOf, pack, signatureOf, type Held, type PackedLayout } from "./packed-inputs.js";
import { noNoise } from "./seeded-noise.js";

/** Graphs of one program that stay loaded, one for each set of input shapes; the one used longest ago goes first. */
const KEPT_GRAPHS = 8;

/** Numbers of an array that is worth using again, and such arrays that are kept for one output. */
const WORTH_KEEPING = 4096;
const MOST_SPARES = 2;

/** For measurements: `{ program, milliseconds, ahead }`, the time in native code and whether it was started ahead, after every run. */
const measured = channel("likewise:native-run");

/** For measurements: `{ program, milliseconds }`, the time until a graph is loaded, for every set of input shapes. */
const loaded = channel("likewise:compiled");

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

/** A program compiled for inputs of one signature, and loaded. */
interface LoadedGraph {
  readonly id: number;
  readonly compiled: CompiledProgram;
  readonly layout: PackedLayout;
  /** What inputs travel in, and what it holds of them; those that are not away. */
  readonly parcels: Parcel[];
  /** Arrays that reported outputs may be written into, for each of them. */
  readonly spares: readonly HostTensor[][];
}

interface Parcel {
  readonly buffer: ArrayBuffer;
  readonly held: Held;
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
  /** By program and signature; within a program the graph used last is at the end. */
  readonly #graphs = new Map<string, Map<string, LoadedGraph>>();
  #loaded = 0;
  /** Where arrays come from that were reported. */
  readonly #origins = new WeakMap<HostTensor["data"], HostTensor[]>();
  /** Was sent before anybody asked for it. */
  #ahead: UnderWay | null = null;
  /** Whether what is sent now finds the carried tensors as the last run leaves them. */
  #settled = true;

  private constructor(thread: NativeThread, session: number, layouts: HostTensors, settings: NativeSettings) {
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
  ): Promise<NativePrograms> {
    await thread.ask({ type: "open", session, carried, ...settings });
    return new NativePrograms(thread, session, mapEntries(carried, withoutNumbers), settings);
  }

  /** @throws NotCompiled when the program cannot be traced, or the native runtime refuses it. */
  async run(name: string, program: Program, { inputs, noise, accept }: RunRequest): Promise<HostTensors> {
    const ahead = this.#ahead;
    this.#ahead = null;
    this.#settled = false;
    let asked = false;
    let run: UnderWay;
    if (ahead?.name === name && ahead.inputs === inputs) {
      run = ahead;
      this.#settle(true);
    } else {
      const signature = signatureOf(inputs);
      const graph = this.#known(name, signature) ?? (await this.#load(name, signature, program, inputs));
      if (graph.compiled.draws && noise === undefined) noNoise.uniform([]);
      // With names alone, the thread decides by itself and updates while its answer is read.
      asked = typeof accept === "function" && graph.compiled.changes;
      run = this.#send(name, graph, { inputs, noise, accept }, !asked);
    }
    this.#settled = !asked;
    const answer = await this.#native(() => run.answer);
    const { compiled } = run.graph;
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
    const graph = this.#settled ? this.#graphs.get(name)?.get(signatureOf(request.inputs)) : undefined;
    if (graph === undefined || typeof request.accept === "function") return;
    if (graph.compiled.draws && request.noise === undefined) return;
    this.#ahead = this.#send(name, graph, request, false);
    // A failure is reported to whoever asks for the run.
    this.#ahead.answer.catch(() => undefined);
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

  /** A graph that is loaded; it is the last to be given up now. */
  #known(name: string, signature: string): LoadedGraph | undefined {
    const graphs = this.#graphs.get(name);
    const graph = graphs?.get(signature);
    if (graph === undefined) return undefined;
    graphs?.delete(signature);
    graphs?.set(signature, graph);
    return graph;
  }

  async #load(name: string, signature: string, program: Program, inputs: HostTensors): Promise<LoadedGraph> {
    const graph = await this.#compile(name, program, inputs);
    let graphs = this.#graphs.get(name);
    if (graphs === undefined) this.#graphs.set(name, (graphs = new Map<string, LoadedGraph>()));
    graphs.set(signature, graph);
    for (const [old, { id }] of graphs) {
      if (graphs.size <= KEPT_GRAPHS) break;
      graphs.delete(old);
      this.#thread.tell({ type: "unload", session: this.#session, graph: id });
    }
    return graph;
  }

  async #compile(name: string, program: Program, inputs: HostTensors): Promise<LoadedGraph> {
    const started = performance.now();
    const layout = layoutOf(inputs);
    let compiled: CompiledProgram;
    try {
      compiled = compileProgram(name, program, this.#layouts, inputs, layout, this.#settings.threads);
    } catch (cause) {
      throw new NotCompiled(cause);
    }
    this.#loaded += 1;
    const id = this.#loaded;
    const { bytes, plan } = compiled;
    const task = { type: "load", session: this.#session, graph: id, bytes, plan } as const;
    await this.#native(() => this.#thread.ask(task, [bytes.buffer as ArrayBuffer]));
    if (loaded.hasSubscribers) loaded.publish({ program: name, milliseconds: performance.now() - started });
    return { id, compiled, layout, parcels: [], spares: compiled.reported.map(() => []) };
  }

  /** What the native runtime refuses may run elsewhere; when the thread itself is gone, nothing may. */
  async #native<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (cause) {
      throw this.#thread.alive ? new NotCompiled(cause) : cause;
    }
  }
}

/** Places of the outputs that must be finite. */
function finiteOutputs({ plan, reported }: CompiledProgram, accept: Acceptance): readonly number[] {
  if (typeof accept === "function") return [];
  const outputs = plan.outputs.flatMap(({ target }, at) => (target.to === "report" ? [at] : []));
  return reported.flatMap(({ name }, at) => (accept.includes(name) ? [outputs[at] as number] : []));
}

function withoutNumbers({ data, shape }: HostTensor): HostTensor {
  return { data: data instanceof Int32Array ? new Int32Array() : new Float32Array(), shape: [...shape] };
}
