import { Random, type RandomState } from "../../random.js";
import type { HostTensor, HostTensors } from "../../tensor/host.js";
import { fillUniform } from "../uniform-noise.js";
import type { GraphPlan, NativeRun, PlannedInput } from "./native-messages.js";
import { sizeOf } from "./operations.js";
import type { NativeData, NativeGraph, NativeRuntime, NativeTensor } from "./session.js";

/** A loaded graph with what it reads and writes, and the tensors its noise is drawn into. */
interface Loaded {
  readonly graph: NativeGraph;
  readonly plan: GraphPlan;
  readonly noise: readonly (NativeTensor | null)[];
}

/** Graphs with the carried tensors they share, on the thread that runs them. */
export class NativeSession {
  readonly #runtime: NativeRuntime;
  readonly #threads: number;
  readonly #graphs = new Map<number, Loaded>();
  readonly #carried = new Map<string, NativeTensor>();
  /** What the last run would make of carried tensors; never the arrays it read, so that it can still be refused. */
  #proposed: readonly (readonly [name: string, tensor: NativeTensor])[] = [];

  constructor(runtime: NativeRuntime, carried: HostTensors, threads: number) {
    this.#runtime = runtime;
    this.#threads = threads;
    this.write(carried);
  }

  async load(id: number, bytes: Uint8Array, plan: GraphPlan): Promise<void> {
    const graph = await this.#runtime.load(bytes, this.#threads);
    const noise = plan.inputs.map(({ source, type, shape }) =>
      source.from === "noise" ? this.#runtime.tensor(type, new Float32Array(sizeOf(shape)), shape) : null,
    );
    this.#graphs.set(id, { graph, plan, noise });
  }

  async unload(id: number): Promise<void> {
    const loaded = this.#graphs.get(id);
    this.#graphs.delete(id);
    await loaded?.graph.release();
  }

  async run(id: number, buffer: ArrayBuffer, state: RandomState | null): Promise<NativeRun> {
    const { graph, plan, noise } = this.#graphs.get(id) as Loaded;
    const random = state === null ? null : new Random();
    if (random !== null && state !== null) random.restore(state);
    const given: Record<string, NativeTensor> = {};
    plan.inputs.forEach((input, position) => {
      const tensor = this.#take(input, noise[position] ?? null, buffer, random);
      if (input.name !== null) given[input.name] = tensor;
    });
    const start = performance.now();
    const results = await graph.run(given);
    const milliseconds = performance.now() - start;
    const proposed: (readonly [string, NativeTensor])[] = [];
    const reported: NativeData[] = [];
    for (const { name, carried } of plan.outputs) {
      const result = results[name] as NativeTensor;
      if (carried === null) reported.push(result.data as NativeData);
      else proposed.push([carried, result]);
    }
    this.#proposed = proposed;
    return { reported, buffer, random: random?.state ?? null, milliseconds };
  }

  settle(accepted: boolean): void {
    if (accepted) for (const [name, tensor] of this.#proposed) this.#carried.set(name, tensor);
    this.#proposed = [];
  }

  read(names: readonly string[]): readonly HostTensor[] {
    return names.map((name) => {
      const { data, dims } = this.#carried.get(name) as NativeTensor;
      return { data: data as HostTensor["data"], shape: dims };
    });
  }

  /** The arrays are kept. */
  write(values: HostTensors): void {
    for (const [name, { data, shape }] of Object.entries(values))
      this.#carried.set(name, this.#runtime.tensor(data instanceof Int32Array ? "int32" : "float32", data, shape));
  }

  async close(): Promise<void> {
    for (const id of [...this.#graphs.keys()]) await this.unload(id);
    this.#carried.clear();
    this.#proposed = [];
  }

  #take(
    { source, type, shape }: PlannedInput,
    noise: NativeTensor | null,
    buffer: ArrayBuffer,
    random: Random | null,
  ): NativeTensor {
    if (source.from === "carried") return this.#carried.get(source.carried) as NativeTensor;
    if (source.from === "buffer") {
      const Numbers = type === "int32" ? Int32Array : Float32Array;
      return this.#runtime.tensor(type, new Numbers(buffer, source.offset, sizeOf(shape)), shape);
    }
    const tensor = noise as NativeTensor;
    fillUniform(tensor.data as Float32Array, random as Random);
    return tensor;
  }
}
