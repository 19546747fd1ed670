import { expect } from "chai";
import * as tf from "likewise/tf";
import {
  ActivationHead,
  DenseHead,
  GatedHead,
  IdentityHead,
  SequentialHead,
  SkipConnectionHead,
  SoftmaxEmbeddingsHead,
  StackedProjectionHead,
  SwitchHead,
  WideningHead,
  type ActivationName,
} from "likewise/heads";
import type { Head } from "../../lib/contracts/head.js";
import type { Routes } from "../../lib/contracts/part.js";
import { expectClose, numbers } from "../support/close.js";
import { readGolden, type GoldenCase } from "../support/shared.js";
import { modeOf, tensorOf } from "../support/part.js";
import { flatten, unflatten, type TensorTree } from "../../lib/tensor/tree.js";

type Weights = Readonly<Record<string, number[] | number[][]>>;

/** The head of a case, and where each of its parameters is called what in the golden file. */
interface Adapted {
  readonly head: Head;
  readonly names: Readonly<Record<string, string>>;
}

const files: Readonly<Record<string, (config: GoldenCase["config"]) => Adapted>> = {
  head_EmptyHead: (config) => ({ head: new IdentityHead(sizeOf(config)), names: {} }),
  head_GatedHead: (config) => ({ head: new GatedHead(sizeOf(config)), names: { gate: "gates" } }),
  head_SkipConnectionHead: (config) => {
    const layers = (config["n_layers"] as number | undefined) ?? 1;
    const dropout = (config["dropout"] as number | undefined) ?? 0;
    const skipDropout = (config["skip_dropout"] as number | undefined) ?? 0;
    const names = Array.from({ length: layers }, (_, i) => ({
      [`layer${i}/gate`]: `gates_${i}`,
      [`layer${i}/kernel`]: `fc_${i}.weight`,
      [`layer${i}/bias`]: `fc_${i}.bias`,
    }));
    return {
      head: new SkipConnectionHead(sizeOf(config), { layers, dropout, skipDropout }),
      names: Object.assign({}, ...names) as Record<string, string>,
    };
  },
  head_SequentialHead: (config) => {
    const layers = config["layers"] as [string, number, number][];
    let width = 0;
    const names: Record<string, string> = {};
    const made = layers.map(([kind, inputs, outputs], i) => {
      if (kind !== "Linear") return new ActivationHead(width, { activation: "relu" });
      width = outputs;
      names[`head${i}/layer0/kernel`] = `_sequential.${i}.weight`;
      names[`head${i}/layer0/bias`] = `_sequential.${i}.bias`;
      return new DenseHead(inputs, { outputSize: outputs });
    });
    return { head: new SequentialHead(made), names };
  },
  head_StackedProjectionHead: (config) => {
    const outputSizes = config["output_sizes"] as number[];
    const head = new StackedProjectionHead(sizeOf(config), { outputSizes, activation: activationOf(config) });
    return { head, names: stackNames(outputSizes.length) };
  },
  head_WideningHead: (config) => {
    const expansionFactor = config["expansion_factor"] as number;
    const head = new WideningHead(sizeOf(config), { expansionFactor, activation: activationOf(config) });
    return { head, names: stackNames(2) };
  },
  head_SoftmaxEmbeddingsHead: (config) => {
    const groups = config["output_groups"] as number;
    const groupSize = config["output_size_per_group"] as number;
    const head = new SoftmaxEmbeddingsHead(sizeOf(config), { groups, groupSize });
    return { head, names: { kernel: "projection_layer.weight", bias: "projection_layer.bias" } };
  },
  head_SwitchHead: (config) => {
    const size = sizeOf(config);
    const kinds = Object.entries(config["options"] as Record<string, string>);
    const names: Record<string, string> = {};
    const made = kinds.map(([name, kind]): readonly [string, Head] => {
      if (kind === "EmptyHead") return [name, new IdentityHead(size)];
      if (kind === "GatedHead") {
        names[`${name}/gate`] = `${name}.gates`;
        return [name, new GatedHead(size)];
      }
      expect(kind).to.equal("SkipConnectionHead");
      names[`${name}/layer0/gate`] = `${name}.gates_0`;
      names[`${name}/layer0/kernel`] = `${name}.fc_0.weight`;
      names[`${name}/layer0/bias`] = `${name}.fc_0.bias`;
      return [name, new SkipConnectionHead(size)];
    });
    return { head: new SwitchHead(Object.fromEntries<Head>(made)), names };
  },
};

for (const [file, adapt] of Object.entries(files)) {
  describe(`golden vectors ${file}`, () => {
    const cases = readGolden(`quaterion/${file}`);
    if (cases === null) {
      it.skip(`../shared/golden/${file}.json is not here`);
      return;
    }
    cases.forEach((golden, position) => {
      it(`gives the output and the gradients of case ${position} (${golden.tag})`, () => {
        const { head, names } = adapt(golden.config);
        const weights = golden.inputs["weights"] as Weights;
        const expected = golden.expected64 ?? golden.expected;
        expect(head.outputSize).to.equal(golden.expected["output_size"]);
        tf.tidy(() => {
          const paths = Object.keys(names);
          const given = paths.map((path) => ours(weights[names[path] as string] as number[]));
          const compute = (x: tf.Tensor, ...parameters: tf.Tensor[]): tf.Tensor2D => {
            const tree: TensorTree = unflatten(
              Object.fromEntries(paths.map((path, i) => [path, parameters[i] as tf.Tensor])),
            );
            expect(Object.keys(flatten<tf.Tensor>(tree)).sort()).to.deep.equal([...paths].sort());
            return tensorOf(head.apply(tree, x as tf.Tensor2D, { ...modeOf(false), ...routesOf(golden) }));
          };
          const x = tf.tensor2d(golden.inputs["x"] as number[][]);
          expectClose(compute(x, ...given).dataSync(), expected["output"], { what: "output" });
          const cotangent = tf.tensor2d(golden.inputs["cotangent"] as number[][]);
          const weighted = (...all: tf.Tensor[]): tf.Scalar =>
            tf.sum(tf.mul(compute(...(all as [tf.Tensor])), cotangent));
          const [byInput, ...byParameter] = tf.grads(weighted)([x, ...given]);
          expectClose((byInput as tf.Tensor).dataSync(), expected["grad_input"], {
            relative: 1e-5,
            absolute: 2e-6,
            what: "grad_input",
          });
          const gradients = expected["grad_params"] as Weights;
          expect(Object.keys(gradients).sort()).to.deep.equal(Object.values(names).sort());
          paths.forEach((path, i) => {
            const theirs = ours(gradients[names[path] as string] as number[]);
            const found = byParameter[i] as tf.Tensor;
            expectClose(found.dataSync(), theirs.dataSync(), { relative: 1e-5, absolute: 5e-6, what: path });
          });
        });
      });
    });
  });
}

/** Linear weights are (out, in) there and (in, out) here. */
function ours(values: number[] | number[][]): tf.Tensor {
  return Array.isArray(values[0]) ? tf.transpose(tf.tensor2d(values as number[][])) : tf.tensor1d(numbers(values));
}

function sizeOf(config: GoldenCase["config"]): number {
  return config["input_embedding_size"] as number;
}

function activationOf(config: GoldenCase["config"]): ActivationName {
  const name = config["activation_fn"] as string;
  return name === "leaky_relu" ? "leakyRelu" : (name as ActivationName);
}

/** Linear layers stand at every other place of their stack, activations between them. */
function stackNames(layers: number): Record<string, string> {
  const names = Array.from({ length: layers }, (_, i) => ({
    [`layer${i}/kernel`]: `_stack.${2 * i}.weight`,
    [`layer${i}/bias`]: `_stack.${2 * i}.bias`,
  }));
  return Object.assign({}, ...names) as Record<string, string>;
}

/** Which head each row of a case is for. */
function routesOf({ config, inputs }: GoldenCase): { readonly routes?: Routes } {
  const meta = inputs["meta"] as { readonly encoder: string }[] | null;
  if (meta === null) return {};
  const names = Object.keys(config["options"] as object).sort();
  return {
    routes: {
      names,
      ids: tf.tensor1d(
        meta.map(({ encoder }) => names.indexOf(encoder)),
        "int32",
      ),
    },
  };
}
