import { dataOf } from "./builder.js";
import type { OnnxNode, OnnxTensor, OnnxType, OnnxValue } from "./model.js";
import { fixedSize, TIMES, type SymbolicSize } from "./symbolic-size.js";

const castTargets: Readonly<Partial<Record<OnnxType, bigint>>> = { float32: 1n, int32: 6n };

/** Operations that compute sizes from the shapes of the inputs of a model while it runs; equal ones are made once. */
export class SizeNodes {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly #inputs: readonly OnnxValue[];
  readonly #made = new Map<string, string>();
  #count = 0;

  /** @param inputs with names for dimensions that are not known. */
  constructor(inputs: readonly OnnxValue[]) {
    this.#inputs = inputs;
  }

  /** Fixed numbers. */
  integers(values: readonly number[], rank: 0 | 1 = 1): string {
    return this.#once(`integers ${rank} ${values.join()}`, () => {
      const name = this.#fresh("size_constant");
      const shape = rank === 0 ? [] : [values.length];
      this.initializers.push({ name, type: "int64", shape, data: dataOf(values, "int64") });
      return name;
    });
  }

  /** These sizes in a row, or the only one as a scalar. */
  vector(sizes: readonly SymbolicSize[], scalar = false): string {
    const key = sizes.map((size) => JSON.stringify([...size])).join();
    const row = this.#once(`vector ${key}`, () => {
      const parts = sizes.map((size) => this.#size(size));
      return parts.length === 1 ? (parts[0] as string) : this.#add("Concat", parts, { axis: 0n });
    });
    return scalar ? this.#once(`scalar ${key}`, () => this.#add("Squeeze", [row])) : row;
  }

  /** 0, 1, … below a size. */
  range(length: SymbolicSize, type: OnnxType): string {
    return this.#once(`range ${type} ${JSON.stringify([...length])}`, () => {
      const [zero, one] = [this.integers([0], 0), this.integers([1], 0)];
      const numbers = this.#add("Range", [zero, this.vector([length], true), one]);
      const to = castTargets[type];
      return to === undefined ? numbers : this.#add("Cast", [numbers], { to });
    });
  }

  /** `[1]` */
  #size(size: SymbolicSize): string {
    const fixed = fixedSize(size);
    if (fixed !== null) return this.integers([fixed]);
    const terms = [...size].map(([product, factor]) => {
      const factors = product === "" ? [] : product.split(TIMES).map((name) => this.#symbol(name));
      if (factor !== 1 || factors.length === 0) factors.push(this.integers([factor]));
      return factors.reduce((left, right) => this.#add("Mul", [left, right]));
    });
    return terms.reduce((left, right) => this.#add("Add", [left, right]));
  }

  #symbol(symbol: string): string {
    return this.#once(`symbol ${symbol}`, () => {
      const input = this.#inputs.find(({ shape }) => shape.includes(symbol)) as OnnxValue;
      const shape = this.#add("Shape", [input.name]);
      return this.#add("Gather", [shape, this.integers([input.shape.indexOf(symbol)])], { axis: 0n });
    });
  }

  #add(operator: string, inputs: readonly string[], attributes: OnnxNode["attributes"] = {}): string {
    const name = this.#fresh("size");
    this.nodes.push({ operator, domain: "", inputs, outputs: [name], attributes });
    return name;
  }

  #once(key: string, make: () => string): string {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(key, made);
    return made;
  }

  #fresh(stem: string): string {
    this.#count += 1;
    return `${stem}_of_${this.#count}`;
  }
}
