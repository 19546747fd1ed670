import type { UpdatePlan } from "../update/update-loops.js";
import { wasm } from "../update/web-assembly.js";
import { ArenaTensor, type NativeArena } from "./native-arena.js";
import type { NativeRuntime, NativeTensor } from "./session.js";

/** What is known of a run when its update can start. */
export interface UpdateSources {
  /** The place of a carried tensor. */
  readonly carried: (name: string) => ArenaTensor;
  /** What went into the run, by place in the plan. */
  readonly inputs: readonly NativeTensor[];
  /** What came out of it for the update, by number. */
  readonly cuts: readonly NativeTensor[];
}

/** The update of a graph, ready to run in the arena. */
export class NativeUpdate {
  /** Where the core puts long arrays; null for single numbers. */
  readonly #cuts: readonly (ArenaTensor | null)[];
  readonly #plan: UpdatePlan;
  readonly #arena: NativeArena;
  readonly #functions: Readonly<Record<string, (...values: number[]) => void>>;

  private constructor(plan: UpdatePlan, arena: NativeArena, cuts: readonly (ArenaTensor | null)[], exports: object) {
    this.#plan = plan;
    this.#arena = arena;
    this.#cuts = cuts;
    this.#functions = exports as Readonly<Record<string, (...values: number[]) => void>>;
  }

  static async load(plan: UpdatePlan, runtime: NativeRuntime, arena: NativeArena): Promise<NativeUpdate> {
    const { instance } = await wasm.instantiate(plan.module, { memory: { memory: arena.memory } });
    const cuts = plan.cuts.map((shape) =>
      shape.every((length) => length === 1) ? null : new ArenaTensor(runtime, arena, shape),
    );
    return new NativeUpdate(plan, arena, cuts, instance.exports);
  }

  /** The array that the core is to write a cut into, if it has one. */
  target(cut: number): NativeTensor | null {
    return this.#cuts[cut]?.tensor ?? null;
  }

  /** The update of a run as something to be called, or not. Numbers are taken now, arrays then. */
  prepare({ carried, inputs, cuts }: UpdateSources): () => void {
    const calls = this.#plan.loops.map(({ arrays, numbers }) => [
      ...arrays.map((array) =>
        "cut" in array ? (this.#cuts[array.cut] as ArenaTensor).place.offset : carried(array.carried).place.offset,
      ),
      ...numbers.map((number) => {
        if ("carried" in number) return carried(number.carried).numbers[0] as number;
        const tensor = "cut" in number ? cuts[number.cut] : inputs[number.input];
        return (tensor as NativeTensor).data[0] as number;
      }),
    ]);
    return () => calls.forEach((values, loop) => (this.#functions[loop] as (...all: number[]) => void)(...values));
  }

  release(): void {
    for (const cut of this.#cuts) if (cut !== null) this.#arena.release(cut.place);
  }
}
