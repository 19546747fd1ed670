import { EngineError } from "../../errors.js";
import type { OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from "./model.js";
import { fitSize, fixedSize, sizeAt, type Symbol, type SymbolicSize } from "./symbolic-size.js";
import { SizeNodes } from "./size-nodes.js";

/** Models of one program at every combination of the symbols' two values, the last symbol changing fastest, and at one more place. */
export interface Samples {
  readonly symbols: readonly Symbol[];
  readonly corners: readonly OnnxModel[];
  readonly check: { readonly values: ReadonlyMap<string, number>; readonly model: OnnxModel };
}

/**
 * One model for all sizes: whole numbers that differ between the samples become functions of the sizes of the inputs, or -1 where a
 * reshape finds out by itself.
 *
 * @throws EngineError naming what depends on the sizes in another way.
 */
export function mergeSamples(samples: Samples): OnnxModel {
  const { symbols, corners, check } = samples;
  const [first] = corners as [OnnxModel];
  if (symbols.length === 0) return first;
  const all = [...corners, check.model];
  requireSameNodes(all);
  const fit = (numbers: readonly number[], what: string): SymbolicSize => {
    const fitted = fitSize(symbols, numbers.slice(0, corners.length));
    if (fitted !== null && sizeAt(fitted, check.values) === numbers.at(-1)) return fitted;
    throw dependent(`${what} depends on the sizes of the inputs in a way that has no form here`);
  };
  const value = (pick: (model: OnnxModel) => readonly OnnxValue[]): OnnxValue[] =>
    pick(first).map((given, at) => {
      const shape = given.shape.map((_, axis) => {
        const fitted = fit(
          all.map((model) => pick(model)[at]?.shape[axis] as number),
          `the shape of "${given.name}"`,
        );
        return fixedSize(fitted) ?? nameOf(fitted, symbols);
      });
      return { ...given, shape };
    });
  const inputs = value((model) => model.inputs);
  const sizes = new SizeNodes(inputs);
  const initializers: OnnxTensor[] = [];
  const derived = new Map<string, readonly SymbolicSize[]>();
  const ranges = new Map<string, string>();
  first.initializers.forEach((tensor, at) => {
    const versions = all.map((model) => model.initializers[at] as OnnxTensor);
    if (versions.every((version) => sameTensor(version, tensor))) {
      initializers.push(tensor);
      return;
    }
    const what = `a constant of type ${tensor.type} [${tensor.shape.join(", ")}]`;
    if (tensor.type === "int64" && versions.every(({ shape }) => shape.join() === tensor.shape.join())) {
      derived.set(
        tensor.name,
        Array.from({ length: tensor.data.length }, (_, index) =>
          fit(
            versions.map(({ data }) => Number(data[index])),
            what,
          ),
        ),
      );
      return;
    }
    if (tensor.shape.length !== 1 || !versions.every(isRange)) {
      throw dependent(`${what} has numbers that depend on the sizes of the inputs`);
    }
    const length = fit(
      versions.map(({ shape }) => shape[0] as number),
      what,
    );
    ranges.set(tensor.name, sizes.range(length, tensor.type));
  });
  const nodes = first.nodes.map((node): OnnxNode => {
    const given = node.inputs.map((name, at) => {
      const entries = derived.get(name);
      if (entries === undefined) return ranges.get(name) ?? name;
      const unknown = entries.filter((entry) => fixedSize(entry) === null).length;
      if (node.operator === "Reshape" && at === 1 && unknown === 1) {
        return sizes.integers(entries.map((entry) => fixedSize(entry) ?? -1));
      }
      const tensor = first.initializers.find((initializer) => initializer.name === name);
      return sizes.vector(entries, tensor?.shape.length === 0);
    });
    return { ...node, inputs: given };
  });
  return {
    ...first,
    inputs,
    outputs: value((model) => model.outputs),
    nodes: [...sizes.nodes, ...nodes],
    initializers: [...initializers, ...sizes.initializers],
  };
}

function nameOf(size: SymbolicSize, symbols: readonly Symbol[]): string {
  const only = symbols.find(({ name }) => size.size === 1 && size.get(name) === 1);
  if (only !== undefined) return only.name;
  return [...size].map(([product, factor]) => (product === "" ? `${factor}` : `${factor}*${product}`)).join(" + ");
}

function requireSameNodes(models: readonly OnnxModel[]): void {
  const [first, ...others] = models as [OnnxModel];
  for (const other of others as readonly OnnxModel[]) {
    const same =
      other.nodes.length === first.nodes.length &&
      other.initializers.length === first.initializers.length &&
      other.nodes.every((node, at) => describe(node) === describe(first.nodes[at] as OnnxNode)) &&
      other.initializers.every(({ name }, at) => name === first.initializers[at]?.name);
    if (!same) throw dependent("the operations themselves depend on the sizes of the inputs");
  }
}

function describe({ operator, domain, inputs, outputs, attributes }: OnnxNode): string {
  const plain = (_: string, value: unknown): unknown => {
    if (typeof value === "bigint") return `${value}n`;
    return ArrayBuffer.isView(value) ? [...(value as Float32Array)].join() : value;
  };
  return JSON.stringify([operator, domain, inputs, outputs, attributes], plain);
}

function sameTensor(one: OnnxTensor, other: OnnxTensor): boolean {
  if (one.shape.join() !== other.shape.join() || one.data.length !== other.data.length) return false;
  return one.data.every((value: number | bigint, at: number) => Object.is(value, other.data[at]));
}

function isRange({ data }: OnnxTensor): boolean {
  return data.every((value: number | bigint, at: number) => Number(value) === at);
}

function dependent(what: string): EngineError {
  return new EngineError(`cannot be exported for any number of items: ${what}; give a fixed number: { batch: 32 }`);
}
