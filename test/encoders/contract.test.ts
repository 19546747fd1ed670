import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import * as tf from "likewise/tf";
import {
  bag,
  categorical,
  date,
  FeatureEncoder,
  field,
  freeze,
  LayersEncoder,
  NgramEmbedding,
  NgramEncoder,
  numeric,
  OnnxEncoder,
  SwitchEncoder,
  text,
  VectorEncoder,
  WordVectorEncoder,
} from "likewise/encoders";
import type {
  FeatureEncoderOptions,
  NgramEmbeddingOptions,
  NgramEncoderOptions,
  WordVectorOptions,
} from "likewise/encoders";
import { isFittable, type Encoder } from "../../lib/contracts/encoder.js";
import { ConfigError } from "../../lib/errors.js";
import { classOf } from "../../lib/model/part-registry.js";
import { Random } from "../../lib/random.js";
import { flatten, type HostTree } from "../../lib/tensor/tree.js";
import type { HostTensor } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { temporaryFolder } from "../support/folder.js";
import { hasShared, sharedPath } from "../support/shared.js";
import { gradientsOf } from "./gradients.js";
import { encoderClasses, parts, runTrainable, savedAndLoaded, vectorsOf } from "./running.js";

interface Example<Item> {
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

const WORDS = "data/encoders/word2vec-sif-onnx";
/** Encoders that read files beside the checkout; without these they are not tested. */
const fromFiles = {
  OnnxEncoder: hasShared(WORDS) ? await onnxExample() : () => it.skip(`../shared/${WORDS} is not here`),
};

const examples = {
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

async function onnxExample(): Promise<() => void> {
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

async function wordsExample(): Promise<() => void> {
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

describe("every encoder", () => {
  it("is among the examples", () => {
    expect(encoderClasses.length).to.be.greaterThan(5);
    for (const encoderClass of encoderClasses) expect(examples).to.have.property(encoderClass.type);
  });

  it("has a type name of its own", () => {
    expect(new Set(encoderClasses.map(({ type }) => type)).size).to.equal(encoderClasses.length);
  });
});

for (const [name, run] of Object.entries(examples)) describe(`encoder ${name}`, run);

function example<Item>({ make, others = [], items }: Example<Item>): () => void {
  return () => {
    it("gives a finite row of embeddingSize for each item, and none for no items", async () => {
      const encoder = make();
      const vectors = await vectorsOf(encoder, items);
      expect(vectors.length).to.equal(items.length * encoder.embeddingSize);
      expect(vectors.every(Number.isFinite)).to.equal(true);
      expect((await vectorsOf(encoder, [])).length).to.equal(0);
    });

    it("gives the same numbers again, from another instance too", async () => {
      const encoder = make();
      const first = await vectorsOf(encoder, items);
      expect([...(await vectorsOf(encoder, items))]).to.deep.equal([...first]);
      expect([...(await vectorsOf(make(), items))]).to.deep.equal([...first]);
    });

    it("gives each item the row it gets alone, in any order", async () => {
      const encoder = make();
      const size = encoder.embeddingSize;
      const together = await vectorsOf(encoder, items);
      const reversed = await vectorsOf(encoder, [...items].reverse());
      for (const [i, item] of items.entries()) {
        const row = together.subarray(i * size, (i + 1) * size);
        expectClose(await vectorsOf(encoder, [item]), [...row], { relative: 1e-5, absolute: 1e-6, what: `item ${i}` });
        const at = items.length - 1 - i;
        expectClose(reversed.subarray(at * size, (at + 1) * size), [...row], { relative: 1e-5, absolute: 1e-6 });
      }
    });

    it("comes back from type, configuration and weights, with equal numbers", async () => {
      const encoder = make();
      const again = savedAndLoaded(encoder);
      expect(again.type).to.equal(encoder.type);
      expect(again.trainable).to.equal(encoder.trainable);
      expect(again.embeddingSize).to.equal(encoder.embeddingSize);
      expect(again.config).to.deep.equal(encoder.config);
      expect(again.weights).to.deep.equal(encoder.weights);
      expect([...(await vectorsOf(again, items))]).to.deep.equal([...(await vectorsOf(encoder, items))]);
      if (!encoder.trainable && !again.trainable) expect(again.fingerprint()).to.equal(encoder.fingerprint());
      expect(isFittable(again)).to.equal(isFittable(encoder));
      if (isFittable(again) && isFittable(encoder)) expect(again.fitted).to.equal(encoder.fitted);
    });

    it("refuses a saved configuration with a missing or unknown key", () => {
      const encoder = make();
      for (const key of Object.keys(encoder.config)) {
        const { [key]: _left, ...rest } = encoder.config;
        expect(() => classOf(encoder).from(rest, encoder.weights, parts)).to.throw(ConfigError, `${key}: missing`);
      }
      const more = { ...encoder.config, dimension: 3 };
      expect(() => classOf(encoder).from(more, encoder.weights, parts)).to.throw(ConfigError, "dimension: unknown");
    });

    it("has a fingerprint, when frozen, that changes with everything that changes the output", () => {
      const fingerprints = [make, make, ...others].flatMap((one) => {
        const encoder = one();
        return encoder.trainable ? [] : [encoder.fingerprint()];
      });
      const encoder = make();
      if (encoder.trainable) return;
      expect(fingerprints[0]).to.equal(fingerprints[1]);
      expect(new Set(fingerprints).size).to.equal(1 + others.length);
    });

    it("starts, when trainable, from finite numbers that the seed decides, and does not change them", async () => {
      const encoder = make();
      if (!encoder.trainable) return;
      const init = encoder.initialize(new Random("seed"));
      const numbers = flatten<HostTensor>(init.parameters);
      expect(flatten<HostTensor>(encoder.initialize(new Random("seed")).parameters)).to.deep.equal(numbers);
      expect(Object.keys(numbers)).to.have.length.greaterThan(0);
      const copies = Object.values(numbers).map(({ data }) => data.slice());
      const inputs = await encoder.collate(items);
      const { shape } = runTrainable(encoder, inputs, init, true);
      expect(shape).to.deep.equal([items.length, encoder.embeddingSize]);
      expect(Object.values(numbers).map(({ data }) => data)).to.deep.equal(copies);
    });

    it("passes gradients, when trainable, to every parameter as differences of its own output show", async () => {
      const encoder = make();
      if (!encoder.trainable) return;
      const init = encoder.initialize(new Random("seed"));
      const numbers = flatten<HostTensor>(init.parameters);
      const inputs = await encoder.collate(items);
      const cotangent = new Random("cotangent").normals(items.length * encoder.embeddingSize);
      const value = (parameters: HostTree): number =>
        runTrainable(encoder, inputs, { ...init, parameters }, true).values.reduce(
          (sum, output, i) => sum + output * (cotangent[i] as number),
          0,
        );
      const found = gradientsOf(encoder, inputs, init, cotangent);
      for (const [path, { data, shape }] of Object.entries(numbers)) {
        const stride = Math.max(1, Math.floor(data.length / 12));
        for (let at = 0; at < data.length; at += stride) {
          const moved = (by: number): HostTree => {
            const copy = data.slice();
            copy[at] = (copy[at] as number) + by;
            return { ...numbers, [path]: { data: copy, shape } };
          };
          const expected = (value(moved(0.01)) - value(moved(-0.01))) / 0.02;
          expectClose([found[path]?.[at]], [expected], { relative: 3e-2, absolute: 1e-2, what: `${path}[${at}]` });
        }
      }
    });
  };
}
