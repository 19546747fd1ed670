import { channel } from "node:diagnostics_channel";
import type { Program } from "../contracts/engine.js";
import type { HostTensor, HostTensors } from "../tensor/host.js";
import { mapEntries } from "../tensor/tree.js";
import { emptyInputs, recordOf, type GraphRecord } from "./graph-history.js";
import { ChangingSizes } from "./changing-sizes.js";
import { planProgram, writeProgram, type CompiledProgram, type WrittenProgram } from "./compile-program.js";
import { constantsFor, generalOf, serves, widen, writeGeneral, type GeneralModel } from "./onnx/general-model.js";
import { encodeModel } from "./onnx/model.js";
import type { GraphPlan } from "./onnx/native-messages.js";
import { ReviewTime, type Reviews } from "./reviews.js";
import { kinOf, layoutOf, signatureOf, withoutNumbers, type Held, type PackedLayout } from "./packed-inputs.js";
import type { Graph } from "./trace/graph.js";
import { outlineOf } from "./trace/outline.js";
import { recordProgram, requireSame, traceProgram } from "./trace/trace-program.js";

/** Graphs of one program that are each for one set of input shapes, and stay loaded; the one used longest ago goes first. */
const KEPT_OWN = 8;
/** Sets of input shapes that share a graph; those of programs that change nothing have next to no memory. */
const KEPT_SHARED = { changing: 8, unchanging: 64 } as const;
/** Runs after which shapes that share a graph get their own, which is somewhat faster, and how often that happens. */
const WORTH_OWN = 32;
const MOST_PROMOTED = 4;
/** Sets of input shapes of which no two share a graph, after which none for all sizes is looked for. */
const MOST_SAMPLES = 4;

/**
 * For measurements: `{ program, milliseconds, symbolic, loaded }` for every set of input shapes, the time until it can run; whether its
 * graph is for other sizes too, and whether a graph had to be loaded for it.
 */
const compiledChannel = channel("likewise:compiled");

/** A program compiled for inputs of one signature, and loaded. */
export interface LoadedGraph {
  readonly id: number;
  readonly compiled: CompiledProgram;
  readonly layout: PackedLayout;
  /** What inputs travel in, and what it holds of them; those that are not away. */
  readonly parcels: Parcel[];
  /** Arrays that reported outputs may be written into, for each of them. */
  readonly spares: readonly HostTensor[][];
}

export interface Parcel {
  readonly buffer: ArrayBuffer;
  readonly held: Held;
}

/** Where graphs are loaded. */
export interface GraphHome {
  /** Types and shapes of the carried tensors. */
  readonly layouts: HostTensors;
  readonly threads: number;
  /** Whether products of bytes are several times as fast there as those of float32. */
  readonly bytes: boolean;
  /** What runs graphs is a graphics card or the like. */
  readonly accelerator: boolean;
  /** When programs are recorded again. */
  readonly reviews: Reviews;
  /** Is told what makes the program slow. */
  readonly warn: (message: string) => void;
  /** Loads an ONNX file, or another plan for what is loaded; gives its number. */
  readonly load: (code: Uint8Array | number, plan: GraphPlan) => Promise<number>;
  readonly unload: (graph: number) => void;
}

/** Input shapes that differ in sizes alone, and the graph that serves them. */
interface Family {
  /**
   * To compare with until a graph is shared: one row alone, say, has little in common with other sizes. None when no more are looked for.
   */
  readonly samples: Graph[];
  shared: { readonly general: GeneralModel; readonly graph: number } | null;
}

interface Kept {
  readonly graph: LoadedGraph;
  readonly family: Family;
  /** What was recorded for it, to compare with. */
  readonly recording: Graph;
  /** Types and shapes of the inputs. */
  readonly inputs: HostTensors;
  /** Its place among all that were loaded. */
  readonly loaded: number;
  /** Which of the reviews it has passed; null before its second run. */
  reviewed: number | null;
  /** Runs so far of one that shares; null for one that has a graph of its own. */
  runs: number | null;
}

/**
 * The graphs of one program. The first set of input shapes has a graph of its own; when others differ from it in sizes alone, one graph
 * serves them all, as long as the program does the same at every size. Each set of shapes is traced once: its constants are fed.
 */
export class ProgramGraphs {
  readonly #name: string;
  readonly #program: Program;
  readonly #home: GraphHome;
  /** By signature; the one used last is at the end. */
  readonly #kept = new Map<string, Kept>();
  readonly #families = new Map<string, Family>();
  #promoted = 0;
  #loaded = 0;
  readonly #sizes = new ChangingSizes();
  readonly #time = new ReviewTime();

  constructor(name: string, program: Program, home: GraphHome) {
    this.#name = name;
    this.#program = program;
    this.#home = home;
  }

  /** The graph for inputs, if it is loaded. */
  get(inputs: HostTensors): LoadedGraph | undefined {
    return this.#kept.get(signatureOf(inputs))?.graph;
  }

  /**
   * Records the program again, where it is time for that: for the second run of one that changes carried tensors, and when a review was
   * asked for.
   *
   * @throws TraceError when it is not what was recorded for these inputs.
   */
  review(inputs: HostTensors): void {
    const { reviews, layouts } = this.#home;
    const kept = this.#kept.get(signatureOf(inputs));
    const last = kept?.reviewed ?? (kept?.graph.compiled.changes === true ? -1 : 0);
    if (kept === undefined || last >= reviews.asked || !this.#time.affordable) return;
    kept.reviewed = reviews.asked;
    this.#time.measure(() => requireSame(this.#program, layouts, inputs, kept.recording));
  }

  /** The graph to run inputs on, if it is loaded; it is the last to be given up now. Undefined too when it is time for its own. */
  use(inputs: HostTensors): LoadedGraph | undefined {
    const signature = signatureOf(inputs);
    const kept = this.#kept.get(signature);
    if (kept === undefined) return undefined;
    if (kept.runs !== null) {
      kept.runs += 1;
      if (kept.runs > WORTH_OWN && this.#promoted < MOST_PROMOTED) return undefined;
    }
    this.#kept.delete(signature);
    this.#kept.set(signature, kept);
    return kept.graph;
  }

  /**
   * Compiles and loads.
   *
   * @throws TraceError when the program cannot be traced; what `load` throws.
   */
  async load(inputs: HostTensors): Promise<LoadedGraph> {
    const started = performance.now();
    const signature = signatureOf(inputs);
    const layout = layoutOf(inputs);
    const kin = kinOf(inputs);
    const before = this.#kept.get(signature);
    let family = this.#families.get(kin);
    let kept: Kept | null = null;
    let loaded = false;
    if (family !== undefined && before === undefined) {
      const had = family.shared;
      kept = await this.#share(family, inputs, layout);
      loaded = kept !== null && family.shared !== had;
    }
    if (kept === null) {
      const graph = traceProgram(this.#program, this.#home.layouts, inputs);
      if (family === undefined) this.#families.set(kin, (family = { samples: [graph], shared: null }));
      const { threads, bytes, accelerator } = this.#home;
      const written = writeProgram(this.#name, graph, { threads, bytes, accelerator });
      const compiled = planProgram(written, layout);
      const id = await this.#home.load(encodeModel(written.model), compiled.plan);
      kept = this.#toKept(toGraph(id, compiled, layout), family, graph, inputs, null);
      loaded = true;
    }
    if (before !== undefined) {
      this.#promoted += 1;
      this.#drop(signature, before);
    }
    this.#kept.set(signature, kept);
    this.#giveUp();
    const milliseconds = performance.now() - started;
    if (before === undefined) this.#sizes.addRecording(milliseconds);
    const slow = this.#sizes.takeWarning();
    if (slow !== null) this.#home.warn(slow);
    if (compiledChannel.hasSubscribers) {
      compiledChannel.publish({ program: this.#name, milliseconds, symbolic: kept.runs !== null, loaded });
    }
    return kept.graph;
  }

  /** Which input shapes have a graph of their own and which share one: that decides the last bit of every number. */
  get history(): readonly GraphRecord[] {
    return [...this.#kept.values()].map((kept) => recordOf(kept.inputs, kept));
  }

  /** Loads the graphs of an earlier run of the same program, in the same order. */
  async restore(records: readonly GraphRecord[]): Promise<void> {
    for (const record of records.toSorted((left, right) => left.loaded - right.loaded)) {
      const inputs = emptyInputs(record);
      await this.load(inputs);
      const signature = signatureOf(inputs);
      // It was shared at first.
      if (record.runs === null && this.#kept.get(signature)?.runs !== null) await this.load(inputs);
      const kept = this.#kept.get(signature);
      if (kept?.runs !== null && kept !== undefined && record.runs !== null) kept.runs = record.runs;
    }
    // The order in which they were used last.
    for (const signature of records.map((record) => signatureOf(emptyInputs(record)))) {
      const kept = this.#kept.get(signature);
      if (kept !== undefined && this.#kept.delete(signature)) this.#kept.set(signature, kept);
    }
  }

  /** Takes the time of a run, in milliseconds of native code. */
  addRun({ compiled }: LoadedGraph, milliseconds: number): void {
    if (compiled.changes) this.#sizes.addRun(milliseconds);
  }

  /** Runs inputs on a graph that is for other sizes too; null when there is none. */
  async #share(family: Family, inputs: HostTensors, layout: PackedLayout): Promise<Kept | null> {
    const { samples, shared } = family;
    if (shared === null && samples.length === 0) return null;
    const { layouts, threads, accelerator } = this.#home;
    const write = (graph: Graph): WrittenProgram =>
      writeProgram(this.#name, graph, { threads, accelerator, anySize: true });
    // What changes from one recording to the next shows in the comparison.
    const written = write(recordProgram(this.#program, layouts, inputs));
    if (shared !== null && serves(shared.general, written.model))
      return this.#bind(family, shared, written, inputs, layout);
    const known = shared === null ? samples.map((sample) => generalOf(write(sample).model)) : [shared.general];
    const general = known.map((each) => widen(each, written.model)).find((each) => typeof each !== "string");
    if (general === undefined) {
      if (shared === null && samples.push(written.graph) === MOST_SAMPLES) samples.length = 0;
      return null;
    }
    const compiled = planProgram(written, layout, constantsFor(general, written.model));
    let id: number;
    try {
      id = await this.#home.load(encodeModel(writeGeneral(general)), compiled.plan);
    } catch {
      // What the runtime refuses for all sizes it may take for these.
      samples.length = 0;
      return null;
    }
    family.shared = { general, graph: id };
    samples.length = 0;
    const used = [...this.#kept.values()].some(({ graph }) => graph.id === shared?.graph);
    if (shared !== null && !used) this.#home.unload(shared.graph);
    return this.#toKept(toGraph(id, compiled, layout), family, written.graph, inputs, 1);
  }

  async #bind(
    family: Family,
    { general, graph }: NonNullable<Family["shared"]>,
    written: WrittenProgram,
    inputs: HostTensors,
    layout: PackedLayout,
  ): Promise<Kept> {
    const compiled = planProgram(written, layout, constantsFor(general, written.model));
    const id = await this.#home.load(graph, compiled.plan);
    return this.#toKept(toGraph(id, compiled, layout), family, written.graph, inputs, 1);
  }

  #toKept(graph: LoadedGraph, family: Family, recorded: Graph, inputs: HostTensors, runs: number | null): Kept {
    this.#loaded += 1;
    const shapes = mapEntries(inputs, withoutNumbers);
    return {
      graph,
      family,
      recording: outlineOf(recorded),
      inputs: shapes,
      loaded: this.#loaded,
      reviewed: null,
      runs,
    };
  }

  #giveUp(): void {
    for (const shares of [false, true]) {
      const all = [...this.#kept].filter(([, { runs }]) => (runs !== null) === shares);
      const changes = all.some(([, { graph }]) => graph.compiled.changes);
      const most = shares ? KEPT_SHARED[changes ? "changing" : "unchanging"] : KEPT_OWN;
      for (const [signature, kept] of all.slice(0, Math.max(0, all.length - most))) this.#drop(signature, kept);
    }
  }

  #drop(signature: string, { graph, family }: Kept): void {
    this.#kept.delete(signature);
    // Others of its family may still be loaded by its number.
    if (family.shared?.graph !== graph.id) this.#home.unload(graph.id);
  }
}

function toGraph(id: number, compiled: CompiledProgram, layout: PackedLayout): LoadedGraph {
  return { id, compiled, layout, parcels: [], spares: compiled.reported.map(() => []) };
}
