import { Random } from "../../random.js";
import type { HostTensor, HostTensors } from "../../tensor/host.js";
import { isFinite } from "../acceptance.js";
import { fillUniform } from "../uniform-noise.js";
import { ArenaTensor, NativeArena } from "./native-arena.js";
import type {
  GraphPlan,
  NativeRun,
  NativeSettings,
  NativeTask,
  OutputTarget,
  PlannedInput,
} from "./native-messages.js";
import { NativeUpdate } from "./native-update.js";
import { sizeOf } from "./operations.js";
import type { NativeData, NativeGraph, NativeRuntime, NativeTensor } from "./session.js";

/** What is needed to run a graph. */
type RunTask = Omit<Extract<NativeTask, { readonly type: "run" }>, "type" | "session" | "settles">;

/** A loaded graph with what it reads and writes. */
interface Loaded {
  readonly graph: NativeGraph;
  readonly plan: GraphPlan;
  /** Inputs that are there between runs: constants, and what noise is drawn into. */
  readonly own: readonly (NativeTensor | null)[];
  /** Where new values of carried floating-point numbers are written, by name, until they are accepted. */
  readonly next: ReadonlyMap<string, ArenaTensor>;
  readonly update: NativeUpdate | null;
}

/** What the last run would make of carried tensors; it reads them, and changes none until it is accepted. */
interface Proposal {
  readonly update: () => void;
  readonly tensors: readonly (readonly [name: string, tensor: NativeTensor])[];
  /** Whether everything is finite that has to be. */
  readonly sound: boolean;
}

/** Graphs with the carried tensors they share, on the thread that runs them. */
export class NativeSession {
  readonly #runtime: NativeRuntime;
  readonly #settings: NativeSettings;
  readonly #arena = new NativeArena();
  readonly #graphs = new Map<number, Loaded>();
  /** How many loaded graphs share one of the runtime. */
  readonly #users = new Map<NativeGraph, number>();
  /** Floating-point numbers lie in the arena. */
  readonly #carried = new Map<string, ArenaTensor | NativeTensor>();
  #proposal: Proposal | null = null;

  constructor(runtime: NativeRuntime, carried: HostTensors, settings: NativeSettings) {
    this.#runtime = runtime;
    this.#settings = settings;
    this.write(carried);
  }

  /** @param code an ONNX file, or the number of a loaded graph that has the same. */
  async load(id: number, code: Uint8Array | number, plan: GraphPlan): Promise<void> {
    const { threads, provider } = this.#settings;
    const graph =
      typeof code === "number"
        ? (this.#graphs.get(code) as Loaded).graph
        : await this.#runtime.load(code, threads, provider);
    const own = plan.inputs.map(({ source, type, shape }) => {
      if (source.from === "constant") return this.#runtime.tensor(type, source.data, shape);
      return source.from === "noise" ? this.#runtime.tensor(type, new Float32Array(sizeOf(shape)), shape) : null;
    });
    const next = new Map(plan.outputs.flatMap(({ target }) => this.#place(target)));
    const update = plan.update === null ? null : await NativeUpdate.load(plan.update, this.#runtime, this.#arena);
    this.#graphs.set(id, { graph, plan, own, next, update });
    this.#users.set(graph, (this.#users.get(graph) ?? 0) + 1);
  }

  async unload(id: number): Promise<void> {
    const loaded = this.#graphs.get(id);
    this.#graphs.delete(id);
    if (loaded === undefined) return;
    const { graph, next, update } = loaded;
    update?.release();
    for (const { place } of next.values()) this.#arena.release(place);
    const others = (this.#users.get(graph) ?? 1) - 1;
    if (others > 0) {
      this.#users.set(graph, others);
      return;
    }
    this.#users.delete(graph);
    await graph.release();
  }

  /** Computes; carried tensors stay as they are until `settle`. */
  async run({ graph: id, buffer, random: state, reports, finite }: RunTask): Promise<NativeRun> {
    this.#proposal = null;
    const { graph, plan, own, next, update } = this.#graphs.get(id) as Loaded;
    const random = state === null ? null : new Random();
    if (random !== null && state !== null) random.restore(state);
    const given: Record<string, NativeTensor> = {};
    const inputs = plan.inputs.map((input, position) => {
      const tensor = this.#take(input, own[position] ?? null, buffer, random);
      if (input.name !== null) given[input.name] = tensor;
      return tensor;
    });
    const targets: Record<string, NativeTensor | null> = {};
    let report = 0;
    for (const { name, target } of plan.outputs) {
      if (target.to === "update") targets[name] = update?.target(target.cut) ?? null;
      else if (target.to === "carried") targets[name] = next.get(target.carried)?.tensor ?? null;
      else {
        const spare = reports[report++] ?? null;
        targets[name] = spare === null ? null : this.#runtime.tensor("float32", spare.data, spare.shape);
      }
    }
    const start = performance.now();
    const results = await graph.run(given, targets);
    const milliseconds = performance.now() - start;
    const tensors: (readonly [string, NativeTensor])[] = [];
    const reported: NativeData[] = [];
    const cuts: NativeTensor[] = [];
    for (const { name, target } of plan.outputs) {
      const result = results[name] as NativeTensor;
      if (target.to === "report") reported.push(result.data as NativeData);
      else if (target.to === "carried") tensors.push([target.carried, result]);
      else cuts[target.cut] = result;
    }
    const sources = { carried: (name: string) => this.#carried.get(name) as ArenaTensor, inputs, cuts };
    const sound = finite.every((at) => isFinite(results[plan.outputs[at]?.name ?? ""]?.data as NativeData));
    this.#proposal = { update: update?.prepare(sources) ?? (() => undefined), tensors, sound };
    return { reported, buffer, random: random?.state ?? null, milliseconds };
  }

  settle(accepted: boolean): void {
    if (accepted && this.#proposal?.sound === true) {
      // The update reads what the others replace.
      this.#proposal.update();
      for (const [name, tensor] of this.#proposal.tensors) this.#put(name, tensor.data as NativeData, tensor.dims);
    }
    this.#proposal = null;
  }

  /** Copies. */
  read(names: readonly string[]): readonly HostTensor[] {
    return names.map((name) => {
      const { data, dims } = this.#tensor(name);
      return { data: (data as HostTensor["data"]).slice(), shape: dims };
    });
  }

  write(values: HostTensors): void {
    for (const [name, { data, shape }] of Object.entries(values)) this.#put(name, data, shape);
  }

  async close(): Promise<void> {
    for (const id of [...this.#graphs.keys()]) await this.unload(id);
    this.#carried.clear();
    this.#proposal = null;
  }

  /** A second place for carried floating-point numbers that a run puts out. */
  #place(target: OutputTarget): readonly (readonly [name: string, place: ArenaTensor])[] {
    if (target.to !== "carried") return [];
    const { type, dims } = this.#tensor(target.carried);
    if (type !== "float32") return [];
    return [[target.carried, new ArenaTensor(this.#runtime, this.#arena, dims)]];
  }

  /** Whole numbers keep the array they come in. */
  #put(name: string, data: NativeData, shape: readonly number[]): void {
    if (data instanceof Float32Array) {
      let place = this.#carried.get(name);
      if (!(place instanceof ArenaTensor)) {
        place = new ArenaTensor(this.#runtime, this.#arena, shape);
        this.#carried.set(name, place);
      }
      place.numbers.set(data);
    } else this.#carried.set(name, this.#runtime.tensor("int32", data, shape));
  }

  #tensor(name: string): NativeTensor {
    const carried = this.#carried.get(name) as ArenaTensor | NativeTensor;
    return carried instanceof ArenaTensor ? carried.tensor : carried;
  }

  #take(
    { source, type, shape }: PlannedInput,
    own: NativeTensor | null,
    buffer: ArrayBuffer,
    random: Random | null,
  ): NativeTensor {
    if (source.from === "carried") return this.#tensor(source.carried);
    if (source.from === "buffer") {
      const Numbers = type === "int32" ? Int32Array : Float32Array;
      return this.#runtime.tensor(type, new Numbers(buffer, source.offset, sizeOf(shape)), shape);
    }
    const tensor = own as NativeTensor;
    if (source.from === "noise") fillUniform(tensor.data as Float32Array, random as Random);
    return tensor;
  }
}
