import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from "./model.js";

/** One model for inputs of several sizes: constants that depend on the sizes are inputs of it, fed for each set of sizes its own. */
export interface GeneralModel {
  /** The model at some sizes. */
  readonly sample: OnnxModel;
  /** Constants that are inputs. */
  readonly varying: ReadonlySet<string>;
  /** Dimensions of inputs, outputs and constants that are open, as `<name> <axis>`. */
  readonly open: ReadonlySet<string>;
}

/** A model as it is, for its own sizes. */
export function generalOf(sample: OnnxModel): GeneralModel {
  return { sample, varying: new Set(), open: new Set() };
}

/** The same for these sizes too; what stands against it, when the operations themselves depend on the sizes. */
export function widen(general: GeneralModel, model: OnnxModel): GeneralModel | string {
  const against = differentOperations(general.sample, model);
  if (against !== null) return against;
  const { varying, open } = differences(general, model);
  return {
    ...general,
    varying: new Set([...general.varying, ...varying]),
    open: new Set([...general.open, ...open]),
  };
}

/** Whether the sizes of a model are among those that a general one is for. */
export function serves(general: GeneralModel, model: OnnxModel): boolean {
  if (differentOperations(general.sample, model) !== null) return false;
  const { varying, open } = differences(general, model);
  return [...varying].every((name) => general.varying.has(name)) && [...open].every((axis) => general.open.has(axis));
}

/** Numbers that a general model is fed at the sizes of this one. */
export function constantsFor({ varying }: GeneralModel, model: OnnxModel): readonly OnnxTensor[] {
  return model.initializers.filter(({ name }) => varying.has(name));
}

/** The model to load. */
export function writeGeneral({ sample, varying, open }: GeneralModel): OnnxModel {
  // Names of their own: which of them are always equal is not known.
  const opened = ({ name, type, shape }: OnnxValue): OnnxValue => ({
    ...{ name, type },
    shape: shape.map((length, axis) => (open.has(`${name} ${axis}`) ? `${name} ${axis}` : length)),
  });
  const [constants, fixed] = [true, false].map((wanted) =>
    sample.initializers.filter(({ name }) => varying.has(name) === wanted),
  ) as [OnnxTensor[], OnnxTensor[]];
  return {
    ...sample,
    inputs: [...sample.inputs, ...constants].map(opened),
    outputs: sample.outputs.map(opened),
    initializers: fixed,
  };
}

function differences({ sample }: GeneralModel, model: OnnxModel): Pick<GeneralModel, "varying" | "open"> {
  const varying = new Set<string>();
  const open = new Set<string>();
  const compare = (one: OnnxValue, other: OnnxValue): void => {
    one.shape.forEach((length, axis) => {
      if (length !== other.shape[axis]) open.add(`${one.name} ${axis}`);
    });
  };
  sample.inputs.forEach((input, at) => compare(input, model.inputs[at] as OnnxValue));
  sample.outputs.forEach((output, at) => compare(output, model.outputs[at] as OnnxValue));
  sample.initializers.forEach((tensor, at) => {
    const other = model.initializers[at] as OnnxTensor;
    if (sameNumbers(tensor, other)) return;
    varying.add(tensor.name);
    compare(tensor, other);
  });
  return { varying, open };
}

function differentOperations(one: OnnxModel, other: OnnxModel): string | null {
  const at = one.nodes.findIndex((node, place) => !sameNode(node, other.nodes[place]));
  const operator = (one.nodes[at] ?? other.nodes[one.nodes.length])?.operator;
  if (operator !== undefined) return `its operations depend on the sizes of the inputs (${operator})`;
  for (const part of ["inputs", "outputs", "initializers"] as const) {
    const same =
      one[part].length === other[part].length &&
      one[part].every(({ name, type, shape }, place) => {
        const value = other[part][place] as OnnxValue;
        return value.name === name && value.type === type && value.shape.length === shape.length;
      });
    if (!same) return `its ${part === "initializers" ? "constants" : part} depend on the sizes of the inputs`;
  }
  return null;
}

function sameNode(one: OnnxNode, other: OnnxNode | undefined): boolean {
  return (
    other?.operator === one.operator &&
    other.domain === one.domain &&
    sameList(one.inputs, other.inputs) &&
    sameList(one.outputs, other.outputs) &&
    sameAttribute(one.attributes, other.attributes)
  );
}

function sameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((item, at) => Object.is(item, other[at]));
}

/** Numbers, texts, lists and tensors, and records of these. */
function sameAttribute(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null)
    return Object.is(one, other);
  const entries = Object.entries(one);
  return (
    entries.length === Object.keys(other).length &&
    entries.every(([name, value]) => sameAttribute(value, (other as Readonly<Record<string, unknown>>)[name]))
  );
}

function sameNumbers(one: OnnxTensor, other: OnnxTensor): boolean {
  return sameList(one.shape, other.shape) && sameList(Array.from<unknown>(one.data), Array.from<unknown>(other.data));
}
