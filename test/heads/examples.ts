import * as heads from "likewise/heads";
import * as tf from "likewise/tf";
import { Head } from "../../lib/contracts/head.js";
import { Random } from "../../lib/random.js";
import { prepareBackend } from "../../lib/tensor/backend.js";

const { DenseHead, GatedHead, IdentityHead, SequentialHead, SkipConnectionHead } = heads;
const { layers } = tf.layers;
const layered = (...list: tf.layers.layers.Layer[]): tf.layers.LayersModel => tf.layers.sequential({ layers: list });

await prepareBackend(); // models of tf.layers cannot be made without one

/** Every head class that is exported. */
export const headClasses = Object.values(heads).filter(
  (value) => typeof value === "function" && value.prototype instanceof Head,
) as readonly (typeof heads.IdentityHead)[];

const whitening = new heads.WhiteningHead(5, { outputSize: 3, dropout: 0.1 });
await whitening.fit(async function* vectors() {
  await Promise.resolve();
  yield { data: new Random("whitened").normals(8 * 5), rows: 8, size: 5 };
});

/** Heads of every class, by name; `SwitchHead`, which needs the ways of its rows, has tests of its own. */
export const HEAD_EXAMPLES: readonly (readonly [string, Head])[] = [
  ["IdentityHead", new IdentityHead(5)],
  ["IdentityHead with dropout", new IdentityHead(5, { dropout: 0.5 })],
  ["GatedHead", new GatedHead(5)],
  ["GatedHead with dropout", new GatedHead(5, { dropout: 0.25 })],
  ["SkipConnectionHead", new SkipConnectionHead(5)],
  ["SkipConnectionHead of three layers", new SkipConnectionHead(4, { layers: 3, skipDropout: 0.2, dropout: 0.1 })],
  ["DenseHead", new DenseHead(5, { outputSize: 3 })],
  ["DenseHead without bias", new DenseHead(5, { outputSize: 7, bias: false, dropout: 0.3 })],
  ["DenseHead of two layers", new DenseHead(5, { outputSizes: [6, 3], activation: "tanh" })],
  ["DenseHead, gelu", new DenseHead(5, { outputSizes: [6, 3], activation: "gelu" })],
  ["DenseHead, elu", new DenseHead(5, { outputSizes: [6, 3], activation: "elu" })],
  ["DenseHead, swish", new DenseHead(5, { outputSizes: [6, 3], activation: "swish" })],
  ["DenseHead, sigmoid", new DenseHead(5, { outputSizes: [6, 3], activation: "sigmoid" })],
  ["DenseHead, normalized", new DenseHead(5, { outputSize: 3, normalize: true })],
  ["DenseHead, orthogonal", new DenseHead(5, { outputSizes: [8, 3], initialization: "orthogonal" })],
  [
    "StackedProjectionHead",
    new heads.StackedProjectionHead(5, { outputSizes: [6, 3], activation: "tanh", dropout: 0.1 }),
  ],
  ["WideningHead", new heads.WideningHead(4, { expansionFactor: 1.6, activation: "swish" })],
  ["SoftmaxEmbeddingsHead", new heads.SoftmaxEmbeddingsHead(5, { groups: 3, groupSize: 2, dropout: 0.1 })],
  ["NormalizeHead", new heads.NormalizeHead(5, { dropout: 0.1 })],
  ["ActivationHead", new heads.ActivationHead(5, { activation: "tanh", dropout: 0.1 })],
  ["LayerNormalizationHead", new heads.LayerNormalizationHead(5, { dropout: 0.1 })],
  ["LayersHead", new heads.LayersHead(() => layered(layers.dense({ units: 4, inputShape: [5], activation: "tanh" })))],
  [
    "LayersHead with batch normalization",
    new heads.LayersHead(
      () =>
        layered(
          layers.dense({ units: 4, inputShape: [5], activation: "tanh", name: "layer0" }),
          layers.batchNormalization(),
          layers.dense({ units: 3 }),
        ),
      { dropout: 0.2 },
    ),
  ],
  ["WhiteningHead", whitening],
  ["SequentialHead, whitening", new SequentialHead([whitening, new GatedHead(3)])],
  [
    "SequentialHead",
    new SequentialHead([new SkipConnectionHead(5), new DenseHead(5, { outputSize: 3 }), new GatedHead(3)], {
      dropout: 0.2,
    }),
  ],
];
