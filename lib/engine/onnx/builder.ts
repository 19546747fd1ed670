import type { OnnxAttribute, OnnxData, OnnxNode, OnnxTensor, OnnxType } from "./model.js";

/** A tensor of the model under construction. */
export interface Operand {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
}

/** Type and shape of what an operation gives. */
export type Result = Pick<Operand, "type" | "shape">;

export type Attributes = Readonly<Record<string, OnnxAttribute>>;

/** See the fields of the same names; all default to false. */
export interface BuilderSettings {
  readonly oneThread?: boolean;
  readonly portable?: boolean;
  readonly anySize?: boolean;
  readonly bytes?: boolean;
  readonly accelerator?: boolean;
  /** What names start with. Default nothing. */
  readonly scope?: string;
}

/** Constants of at most this many numbers are written once however often they are used. */
const SHARED = 64;
/** Tensors of one repeated number are written out up to this size. */
const WRITTEN_OUT = 256;

/** Collects the operations and constants of a model. Names are made by counting, so that equal calls give equal models. */
export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  /** Of what the nodes give, by name. */
  readonly shapes = new Map<string, readonly number[]>();
  /** The model will run on one thread. */
  readonly oneThread: boolean;
  /** The model may run elsewhere: no operators that only ONNX Runtime has. */
  readonly portable: boolean;
  /** Operations are chosen as if sizes were not known: models at several sizes differ in constants alone, as far as that can be. */
  readonly anySize: boolean;
  /** The model will run on a processor that multiplies bytes several times as fast as float32. */
  readonly bytes: boolean;
  /** The model will run on something else than a processor. */
  readonly accelerator: boolean;
  /** What names start with. */
  readonly #scope: string;
  readonly #initializers = new Map<string, OnnxTensor>();
  readonly #shared = new Map<string, Operand>();
  readonly #smaller = new Map<string, Operand>();
  readonly #sources = new Map<string, string>();
  readonly #checked = new Map<string, Set<number>>();
  #count = 0;

  constructor(settings: BuilderSettings = {}) {
    const { oneThread = false, portable = false, anySize = false, bytes = false, accelerator = false } = settings;
    this.oneThread = oneThread;
    this.portable = portable;
    this.anySize = anySize;
    this.bytes = bytes;
    this.accelerator = accelerator;
    this.#scope = settings.scope ?? "";
  }

  get initializers(): readonly OnnxTensor[] {
    return [...this.#initializers.values()];
  }

  /** An operation of ONNX with one output. An input that is null is left out. */
  add(operator: string, inputs: readonly (Operand | null)[], result: Result, attributes: Attributes = {}): Operand {
    return this.addAll(operator, inputs, [result], attributes)[0] as Operand;
  }

  /** The same with an operation that only ONNX Runtime has. */
  addMicrosoft(operator: string, inputs: readonly Operand[], result: Result, attributes: Attributes = {}): Operand {
    return this.addAll(operator, inputs, [result], attributes, "com.microsoft")[0] as Operand;
  }

  /** An operation with several outputs. */
  addAll(
    operator: string,
    inputs: readonly (Operand | null)[],
    results: readonly Result[],
    attributes: Attributes = {},
    domain: OnnxNode["domain"] = "",
  ): readonly Operand[] {
    const outputs = results.map(({ type, shape }) => ({ name: this.#fresh(operator), type, shape }));
    for (const { name, shape } of outputs) this.shapes.set(name, shape);
    this.nodes.push({
      operator,
      domain,
      inputs: inputs.map((input) => input?.name ?? ""),
      outputs: outputs.map(({ name }) => name),
      attributes,
    });
    return outputs;
  }

  constant(data: OnnxData, type: OnnxType, shape: readonly number[]): Operand {
    const first = data[0];
    // By bits, so that NaN and -0 are themselves.
    const long = data.length > (this.anySize && type !== "int64" ? 1 : WRITTEN_OUT);
    if (long && first !== undefined && data.every((value) => Object.is(value, first)))
      return this.splat(Number(first), type, shape);
    if (this.anySize || data.length > SHARED) return this.#initializer(data, type, shape);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).join();
    return this.#sharedAs(`${type} ${shape.join()} ${bytes}`, () => this.#initializer(data, type, shape));
  }

  scalar(value: number, type: OnnxType = "float32"): Operand {
    return this.constant(dataOf([value], type), type, []);
  }

  /** Whole numbers in a row, as shapes, axes and positions are given. */
  integers(values: readonly number[]): Operand {
    return this.constant(dataOf(values, "int64"), "int64", [values.length]);
  }

  /** One number repeated. */
  splat(value: number, type: OnnxType, shape: readonly number[]): Operand {
    const size = shape.reduce((product, length) => product * length, 1);
    if (this.anySize && size > 1) {
      const one = this.scalar(value, type);
      const whole = this.add("Expand", [one, this.integers(shape)], { type, shape });
      this.setSmaller(whole, one);
      return whole;
    }
    const whole =
      size <= WRITTEN_OUT
        ? this.constant(
            dataOf(
              Array.from({ length: size }, () => value),
              type,
            ),
            type,
            shape,
          )
        : this.#sharedAs(`splat ${type} ${shape.join()} ${Object.is(value, -0) ? "-0" : value}`, () =>
            this.add(
              "ConstantOfShape",
              [this.integers(shape)],
              { type, shape },
              {
                value: { type, shape: [1], data: dataOf([value], type) },
              },
            ),
          );
    if (shape.length > 0 && size > 0) this.setSmaller(whole, this.scalar(value, type));
    return whole;
  }

  /** Says that a tensor is another one repeated, so that elementwise operations may take that one instead. */
  setSmaller(whole: Operand, smaller: Operand): void {
    this.#smaller.set(whole.name, this.#smaller.get(smaller.name) ?? smaller);
  }

  /** A tensor that is broadcast to this one; itself when there is none. */
  smaller(operand: Operand): Operand {
    return this.#smaller.get(operand.name) ?? operand;
  }

  /** Says that a tensor has the numbers of another one in the same order. */
  setSource(reshaped: Operand, x: Operand): void {
    this.#sources.set(reshaped.name, this.#sourceOf(x));
  }

  /** Says that an operation refuses these indices unless all are below `length`. */
  setChecked(indices: Operand, length: number): void {
    const source = this.#sourceOf(indices);
    this.#checked.set(source, (this.#checked.get(source) ?? new Set()).add(length));
  }

  /** Whether an operation before has refused indices from `length`. */
  isChecked(indices: Operand, length: number): boolean {
    return this.#checked.get(this.#sourceOf(indices))?.has(length) ?? false;
  }

  /** The numbers of a constant; null when they are computed. */
  numbers(operand: Operand): OnnxData | null {
    return this.#initializers.get(operand.name)?.data ?? null;
  }

  #sourceOf({ name }: Operand): string {
    return this.#sources.get(name) ?? name;
  }

  #initializer(data: OnnxData, type: OnnxType, shape: readonly number[]): Operand {
    const name = this.#fresh("constant");
    this.#initializers.set(name, { name, type, shape, data });
    return { name, type, shape };
  }

  #sharedAs(key: string, make: () => Operand): Operand {
    const known = this.anySize ? undefined : this.#shared.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#shared.set(key, made);
    return made;
  }

  #fresh(stem: string): string {
    this.#count += 1;
    return `${this.#scope}${stem}_${this.#count}`;
  }
}

/** Numbers as the array that holds them in a model. */
export function dataOf(values: readonly number[], type: OnnxType): OnnxData {
  switch (type) {
    case "float32":
      return Float32Array.from(values);
    case "float64":
      return Float64Array.from(values);
    case "int32":
      return Int32Array.from(values);
    case "bool":
    case "uint8":
      return Uint8Array.from(values);
    case "int8":
      return Int8Array.from(values);
    case "int64":
      return BigInt64Array.from(values, BigInt);
  }
}
