import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { writeFile } from "node:fs/promises";
import * as tf from "likewise/tf";
import {
  bag,
  categorical,
  date,
  FeatureEncoder,
  field,
  freeze,
  GraphModelEncoder,
  LayersEncoder,
  NgramEmbedding,
  NgramEncoder,
  numeric,
  OnnxEncoder,
  OnnxImageEncoder,
  SwitchEncoder,
  text,
  TrainableSwitchEncoder,
  VectorEncoder,
  TransformersEncoder,
  WordVectorEncoder,
} from "likewise/encoders";
import type {
  FeatureEncoderOptions,
  NgramEmbeddingOptions,
  NgramEncoderOptions,
  ModelItem,
  PixelImage,
  WordVectorOptions,
} from "likewise/encoders";
import type { Encoder } from "../../lib/contracts/encoder.js";
import { Random } from "../../lib/random.js";
import { writeLanguageModel } from "./tiny-language-model.js";
import { writeGraphModel } from "./graph-model.js";
import { temporaryFolder } from "../support/folder.js";
import { hasShared, sharedPath } from "../support/shared.js";

/** An encoder for the suite that every encoder passes. */
export interface EncoderExample<Item> {
  readonly make: () => Encoder<Item>;
  /** Encoders that differ in one option or weight each. */
  readonly others?: readonly (() => Encoder<Item>)[];
  /** Different items. */
  readonly items: readonly Item[];
}

const texts = ["a red bicycle with a bell", "Zwei rote Fahrräder!", "", "自転車 🚲 123", "the the the bell", "x"];
const records = texts.map((title, i) => ({ title, vector: [i, 1, -i], id: i }));

const ngram = (options: NgramEncoderOptions = {}) => NgramEncoder.fit(texts, { dimensions: 64, ...options });
const embedding = (options: NgramEmbeddingOptions = {}) =>
  NgramEmbedding.fit(texts, { size: 6, buckets: 50, ...options });
const dense = (seed: number, units = 3) =>
  new LayersEncoder(
    tf.layers.sequential({
      layers: [
        tf.layers.layers.dense({
          units,
          inputShape: [3],
          activation: "tanh",
          kernelInitializer: tf.layers.initializers.glorotUniform({ seed }),
        }),
        tf.layers.layers.dropout({ rate: 0.5 }),
        tf.layers.layers.batchNormalization(),
      ],
    }),
  );

const people = [
  { age: 30, town: "Ulm", likes: ["tea", "rain"], born: "1990-05-01", note: "a red bicycle" },
  { age: null, town: "Ulm", likes: [], born: null, note: "" },
  { age: "41.5", town: "Bonn", likes: ["tea"], born: 0, note: "the bell" },
  { age: 1e9, town: null, likes: null, born: new Date(1e12), note: null },
  { age: -3, town: "Bonn", likes: ["snow", "rain", "tea", "ice", "tea"], born: "2020-02-29T23:59Z", note: "bell" },
];
const features = {
  age: numeric(),
  town: categorical({ size: 3, values: 4, minCount: 1 }),
  likes: bag({ size: 2, values: 5 }),
  born: date(),
  note: text({ size: 3, buckets: 20 }),
};
const encoderOf = (changed: object = {}, options: FeatureEncoderOptions = {}, from = people) =>
  FeatureEncoder.fit(from, { ...features, ...changed }, options);

const DIGITS = "data/encoders/mnist-onnx/mnist.onnx";
const WORDS = "data/encoders/word2vec-sif-onnx";
/** Encoders that read files beside the checkout; without these they are not tested. */
const fromFiles = {
  OnnxEncoder: hasShared(WORDS) ? await onnxExample() : null,
  OnnxImageEncoder: hasShared(DIGITS) ? await digitsExample() : null,
};

/** By the name of the class, or by what is special. Null where the files that it reads are not here. */
export const ENCODER_EXAMPLES: Readonly<Record<string, EncoderExample<unknown> | null>> = {
  ...fromFiles,
  NgramEncoder: example<string>({
    make: () => ngram(),
    others: [
      () => ngram({ dimensions: 65 }),
      () => ngram({ words: [1, 2] }),
      () => ngram({ words: null }),
      () => ngram({ characters: [3, 4] }),
      () => ngram({ characters: null }),
      () => ngram({ lowercase: false }),
      () => ngram({ sublinear: false }),
      () => ngram({ idf: false }),
      () => NgramEncoder.fit(["the", "bell"], { dimensions: 64 }),
    ],
    items: texts,
  }),
  NgramEmbedding: example<string>({ make: () => embedding(), items: texts }),
  SwitchEncoder: example<{ kind: string; title: string }>({
    make: () => new SwitchEncoder("kind", { a: field("title", ngram()), b: field("title", ngram({ words: null })) }),
    others: [
      () => new SwitchEncoder("kind", { a: field("title", ngram()), b: field("title", ngram({ idf: false })) }),
      () => new SwitchEncoder("kind", { b: field("title", ngram()), a: field("title", ngram({ words: null })) }),
    ],
    items: texts.map((title, i) => ({ title, kind: i % 2 === 0 ? "a" : "b" })),
  }),
  FeatureEncoder: example({ make: () => encoderOf({ age: numeric({ buckets: 3, size: 2 }) }), items: people }),
  "FeatureEncoder of numbers and a table": example({
    make: () =>
      FeatureEncoder.fit(people, { age: numeric({ scale: "log" }), town: categorical({ size: 2, values: 0 }) }),
    items: people,
  }),
  "FrozenCopy of records": example({
    make: () => freeze(encoderOf()),
    others: [
      () => freeze(encoderOf({ age: numeric({ scale: "min-max" }) })),
      () => freeze(encoderOf({ age: numeric({ clip: 3 }) })),
      () => freeze(encoderOf({ age: numeric({ buckets: 2 }) })),
      () => freeze(encoderOf({ town: categorical({ size: 4, values: 4, minCount: 1 }) })),
      () => freeze(encoderOf({ town: categorical({ size: 3, values: 4 }) })),
      () => freeze(encoderOf({ town: categorical({ size: 3, values: 4, minCount: 1, hashBuckets: 2 }) })),
      () => freeze(encoderOf({ likes: bag({ size: 2, values: 5, pooling: "sum" }) })),
      () => freeze(encoderOf({ likes: bag({ size: 2, values: 5, longest: 2 }) })),
      () => freeze(encoderOf({ born: date({ parts: ["hour"] }) })),
      () => freeze(encoderOf({ born: date({ unit: "seconds" }) })),
      () => freeze(encoderOf({ note: text({ size: 3, buckets: 21 }) })),
      () => freeze(encoderOf({}, { missing: ["", "Ulm"] })),
      () => freeze(encoderOf({}, {}, people.slice(1))),
    ],
    items: people,
  }),
  WordVectorEncoder: await wordsExample(),
  GraphModelEncoder: await graphExample(),
  TransformersEncoder: await languageExample(),
  TrainableSwitchEncoder: example<{ kind: string; title: string; vector: number[] }>({
    make: () =>
      new TrainableSwitchEncoder<{ kind: string; title: string; vector: number[] }>("kind", {
        text: field("title", embedding()),
        vector: field("vector", dense(1, 6)),
        frozen: field("title", NgramEncoder.fit(texts, { dimensions: 6, words: null })),
      }),
    items: records.map((record, i) => ({ ...record, kind: ["text", "vector", "frozen"][i % 3] as string })),
  }),
  VectorEncoder: example<ArrayLike<number>>({
    make: () => new VectorEncoder(3),
    others: [() => new VectorEncoder(4)],
    items: [[1, 2, 3], Float32Array.of(0, 0, 0), [-1e9, 1e-9, 0.5]],
  }),
  LayersEncoder: example<readonly number[]>({
    make: () => dense(1),
    items: Array.from({ length: 9 }, (_, row) => [...new Random(`row ${row}`).normals(3)]),
  }),
  FrozenField: example<{ title: string; vector: number[] }>({
    make: () => field("title", ngram()),
    others: [
      () => field("title", ngram({ idf: false })),
      () => field("vector", new VectorEncoder(3)),
      () => field("title", NgramEncoder.fit(["other"], { dimensions: 64 })),
    ],
    items: records,
  }),
  TrainableField: example<{ title: string }>({ make: () => field("title", embedding()), items: records }),
  FrozenCopy: example<string>({
    make: () => freeze(embedding(), { seed: 1 }),
    others: [
      () => freeze(embedding(), { seed: 2 }),
      () => freeze(embedding({ size: 5 }), { seed: 1 }),
      () => freeze(embedding({ buckets: 51 }), { seed: 1 }),
      () => freeze(embedding({ pooling: "mean" }), { seed: 1 }),
      () => freeze(embedding({ pooling: "sum" }), { seed: 1 }),
      () => freeze(embedding({ maxNgrams: 3 }), { seed: 1 }),
      () => freeze(embedding({ words: null }), { seed: 1 }),
      () => freeze(NgramEmbedding.fit(["other"], { size: 6, buckets: 50 }), { seed: 1 }),
    ],
    items: texts,
  }),
  "FrozenCopy of layers": example<readonly number[]>({
    make: () => freeze(dense(1)),
    others: [() => freeze(dense(2)), () => freeze(dense(1, 4))],
    items: [
      [1, 2, 3],
      [0, 0, 0],
      [-3, 0.5, 9],
    ],
  }),
  "FrozenField of a frozen copy": example<{ vector: readonly number[] }>({
    make: () => field("vector", freeze(dense(1))),
    others: [() => field("vector", freeze(dense(2)))],
    items: records.map(({ vector }) => ({ vector })),
  }),
};

async function onnxExample(): Promise<EncoderExample<unknown>> {
  const path = sharedPath({} as Mocha.Context, WORDS);
  const tokens = { output: "token_embeddings", pooling: "mean" } as const;
  const loaded = await Promise.all(
    [{}, { normalize: true }, { maxLength: 3 }, tokens, { ...tokens, pooling: "cls" } as const].map((options) =>
      OnnxEncoder.load(path, options),
    ),
  );
  const [first, ...others] = loaded.map((encoder) => () => encoder);
  return example<string>({ make: first as () => OnnxEncoder, others, items: texts });
}

async function digitsExample(): Promise<EncoderExample<unknown>> {
  const path = sharedPath({} as Mocha.Context, DIGITS);
  const given = [{}, { normalize: true }, { image: { range: [0, 255] } }, { image: null }] as const;
  const loaded = await Promise.all(given.map((options) => OnnxImageEncoder.load(path, options)));
  const [first, ...others] = loaded.map((encoder) => () => encoder);
  const items = ["one", "two", "three"].map((seed): PixelImage => {
    const data = Uint8Array.from(new Random(seed).normals(784), (value) => 128 + 40 * value);
    return { data, width: 28, height: 28, channels: 1 };
  });
  return example<ModelItem>({ make: first as () => OnnxImageEncoder, others, items });
}

async function languageExample(): Promise<EncoderExample<unknown>> {
  // The model is read again by each encoder that was saved: its folder stays until the process ends.
  const folder = mkdtempSync(`${tmpdir()}/likewise-`);
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  await writeLanguageModel(folder);
  const given = [{}, { normalize: true }, { pooling: "cls" }, { pooling: "last" }, { maxLength: 2 }] as const;
  const loaded = await Promise.all(given.map((options) => TransformersEncoder.load(folder, options)));
  const [first, ...others] = loaded.map((encoder) => () => encoder);
  return example<string>({ make: first as () => TransformersEncoder, others, items: texts });
}

async function graphExample(): Promise<EncoderExample<unknown>> {
  await using folder = await temporaryFolder();
  await writeGraphModel(folder.path);
  const given = [{}, { normalize: true }, { output: "product" }];
  const loaded = await Promise.all(given.map((options) => GraphModelEncoder.load(folder.path, options)));
  const [first, ...others] = loaded.map((encoder) => () => encoder);
  const items = [[1, 2], [0, -3], Float32Array.of(0.5, 4)];
  return example<ModelItem>({ make: first as () => GraphModelEncoder, others, items });
}

async function wordsExample(): Promise<EncoderExample<unknown>> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/vectors.txt`;
  await writeFile(path, "the 1 0 2\nbell -1 3 0.5\na 0 0 1\nfahrräder 2 1 0\nBell 9 9 9\n");
  const given: readonly WordVectorOptions[] = [
    {},
    { pooling: "min" },
    { pooling: ["mean", "max"] },
    { lowercase: false },
    { unknown: "zero" },
    { sif: true },
    { sif: { a: 1 } },
    { sif: { counts: { the: 2, bell: 1 } } },
    { normalize: true },
    { limit: 2 },
    { words: ["the", "a"] },
    { store: "reference" },
  ];
  const loaded = await Promise.all(given.map((options) => WordVectorEncoder.load(path, options)));
  const [first, ...others] = loaded.map((encoder) => () => encoder);
  return example<string>({ make: first as () => WordVectorEncoder, others, items: texts });
}

function example<Item>(given: EncoderExample<Item>): EncoderExample<unknown> {
  return given as unknown as EncoderExample<unknown>;
}
