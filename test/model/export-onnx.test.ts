import { execFileSync } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { ConfigError, Head, type SimilarityModel } from "likewise";
import * as encoders from "likewise/encoders";
import * as heads from "likewise/heads";
import * as tf from "likewise/tf";
import { TrainableEncoder } from "../../lib/contracts/encoder.js";
import { prepareBackend } from "../../lib/tensor/backend.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { recordEncoder, records } from "../support/records.js";
import { temporaryFolder } from "../support/folder.js";
import { onnxRuntime, openModel } from "../support/onnx-runtime.js";
import { pythonWithOnnx } from "../support/python-onnx.js";
import { HEAD_EXAMPLES } from "../heads/examples.js";
import { runFile, vectors } from "./exported-file.js";
import { TokenEncoder } from "./token-encoder.js";
import { modelOf } from "./untrained-model.js";

const { field, LayersEncoder, NgramEmbedding, NgramEncoder, VectorEncoder } = encoders;
const { DenseHead, GatedHead, IdentityHead, SkipConnectionHead } = heads;

const texts = ["a red bicycle", "Zwei rote Fahrräder mit Klingel und Gepäckträger", "", "x", "the bell"];
const dense = () =>
  tf.layers.sequential({ layers: [tf.layers.layers.dense({ units: 5, inputShape: [5], activation: "tanh" })] });
const layers = () =>
  tf.layers.sequential({
    layers: [
      tf.layers.layers.conv2d({ filters: 3, kernelSize: 3, inputShape: [6, 6, 1], activation: "relu" }),
      tf.layers.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.layers.batchNormalization(),
      tf.layers.layers.flatten(),
      tf.layers.layers.dropout({ rate: 0.5 }),
      tf.layers.layers.dense({ units: 4 }),
    ],
  });

interface Example {
  readonly make: () => SimilarityModel<never>;
  readonly items: readonly unknown[];
  /** Fewest items that have everything the file reads. */
  readonly fewest: number;
}
const example = <Item>(make: () => SimilarityModel<Item>, items: readonly Item[], fewest = 1): Example => ({
  make: make as () => SimilarityModel<never>,
  items,
  fewest,
});
const withHead = (head: Head): Example =>
  example(() => modelOf({ default: new VectorEncoder(head.inputSize) }, () => head), vectors(7, head.inputSize));

const examples: Readonly<Record<string, Example>> = {
  ...Object.fromEntries(HEAD_EXAMPLES.map(([name, head]) => [name, withHead(head)])),
  SwitchHead: example(
    () =>
      modelOf(
        {
          default: new encoders.SwitchEncoder<{ kind: string; vector: number[] }>("kind", {
            word: field("vector", new VectorEncoder(5)),
            image: field("vector", new VectorEncoder(5)),
          }),
        },
        (size) => new heads.SwitchHead({ word: new GatedHead(size), image: new SkipConnectionHead(size) }),
      ),
    vectors(7, 5).map((vector, at) => ({ kind: at % 3 === 0 ? "word" : "image", vector })),
  ),
  TrainableSwitchEncoder: example(
    () =>
      modelOf(
        {
          default: new encoders.TrainableSwitchEncoder<{ kind: string; vector: number[] }>("kind", {
            word: field("vector", new LayersEncoder(dense())),
            image: field("vector", new VectorEncoder(5)),
          }),
        },
        (size) => new GatedHead(size),
      ),
    vectors(7, 5).map((vector, at) => ({ kind: at % 3 === 0 ? "word" : "image", vector })),
    2,
  ),
  NgramEmbedding: example(
    () =>
      modelOf(
        { default: NgramEmbedding.fit(texts, { size: 6, buckets: 50 }) },
        (size) => new DenseHead(size, { outputSize: 3 }),
      ),
    texts,
  ),
  FeatureEncoder: example(
    () => modelOf({ default: recordEncoder() }, (size) => new DenseHead(size, { outputSize: 3 })),
    records,
  ),
  "LayersEncoder with convolutions": example(
    () => modelOf({ default: new LayersEncoder(layers()) }, (size) => new SkipConnectionHead(size)),
    vectors(5, 36),
  ),
  "LayersEncoder with a recurrent network": example(
    () =>
      modelOf(
        {
          default: new LayersEncoder(
            tf.layers.sequential({ layers: [tf.layers.layers.gru({ units: 4, inputShape: [3, 2] })] }),
          ),
        },
        (size) => new GatedHead(size),
      ),
    vectors(5, 6),
  ),
  "several encoders": example(
    () =>
      modelOf<{ title: string; vector: number[] }>(
        {
          title: field("title", NgramEmbedding.fit(texts, { size: 4, buckets: 50 })),
          text: field("title", NgramEncoder.fit(texts, { dimensions: 8 })),
          vector: field("vector", new VectorEncoder(3)),
        },
        (size) => new SkipConnectionHead(size),
      ),
    texts.map((title, at) => ({ title, vector: [at, 1, -at] })),
  ),
};

describe("SimilarityModel.exportOnnx", () => {
  before(async () => {
    await prepareBackend();
  });

  for (const [name, { make, items, fewest }] of Object.entries(examples)) {
    it(`gives the numbers of encode for any number of items: ${name}`, async function () {
      const runtime = await onnxRuntime(this);
      await using folder = await temporaryFolder();
      await using model = make() as SimilarityModel<unknown>;
      const path = join(folder.path, "model.onnx");
      const { inputs, output } = await model.exportOnnx(path);
      expect(inputs).to.have.length.greaterThan(0);
      expect(output).to.equal("embeddings");
      for (const some of [items, items.slice(0, fewest), items.slice(1, 4)]) {
        const { data } = await model.encode(some);
        expectClose(await runFile(runtime, path, model, some), data, { absolute: 1e-6 });
      }
    });
  }

  it("was tried with every head and every encoder that is trained", async () => {
    const used = new Set<unknown>();
    for (const { make } of Object.values(examples)) {
      await using model = make();
      for (const part of [model.content.head, ...model.content.encoders.map(([, encoder]) => encoder)])
        used.add(part.constructor);
    }
    const exported = [...Object.values(heads), ...Object.values(encoders)].filter(
      ({ prototype }) => prototype instanceof Head || prototype instanceof TrainableEncoder,
    );
    expect(exported.length).to.be.greaterThan(5);
    for (const part of exported) expect(used.has(part), part.name).to.equal(true);
  });

  it("takes a fixed number of items when asked to", async function () {
    const runtime = await onnxRuntime(this);
    await using folder = await temporaryFolder();
    await using model = modelOf({ default: new VectorEncoder(5) }, (size) => new SkipConnectionHead(size));
    const path = join(folder.path, "model.onnx");
    await model.exportOnnx(path, { batch: 4 });
    const items = vectors(4, 5);
    const { data } = await model.encode(items);
    expectClose(await runFile(runtime, path, model, items), data, { absolute: 1e-6 });
    const failed = await failure(runFile(runtime, path, model, vectors(3, 5)));
    expect(failed.message).to.include("Expected: 4");
  });

  it("makes one file of an encoder that is an ONNX graph and the head", async function () {
    const runtime = await onnxRuntime(this);
    await using folder = await temporaryFolder();
    const path = join(folder.path, "model.onnx");
    const encoder = new TokenEncoder();
    await using model = modelOf({ default: field("ids", encoder) }, (size) => new SkipConnectionHead(size));
    const { inputs } = await model.exportOnnx(path, { includeEncoder: true });
    expect(inputs).to.deep.equal([]);
    const session = await openModel(runtime, await readFile(path));
    expect(session.inputNames).to.deep.equal(["input_ids", "attention_mask"]);
    const items = [[1, 2, 3], [4], [9, 9]];
    const wide = items.map((ids) => [...ids, 0, 0, 0].slice(0, 4).map(BigInt));
    const mask = items.map((ids) => [1, 1, 1, 1].map((_, at) => (at < ids.length ? 1n : 0n)));
    const int64 = (rows: bigint[][]) => new runtime.Tensor("int64", BigInt64Array.from(rows.flat()), [3, 4]);
    const { embeddings } = await session.run({ input_ids: int64(wide), attention_mask: int64(mask) });
    const { data } = await model.encode(items.map((ids) => ({ ids })));
    expectClose(embeddings?.data, data, { absolute: 1e-6 });
    await session.release();
    check(pythonWithOnnx(this), path);
  });

  it("writes files that the checker of the onnx package accepts, with metadata that it reads", async function () {
    const python = pythonWithOnnx(this);
    await using folder = await temporaryFolder();
    const paths: string[] = [];
    for (const [at, { make }] of Object.values(examples).entries()) {
      await using model = make();
      paths.push(join(folder.path, `${at}.onnx`));
      await model.exportOnnx(paths.at(-1) as string);
    }
    check(python, ...paths);
    const script =
      "import onnx, sys, json; m = onnx.load(sys.argv[1]); " +
      "print(json.dumps([{p.key: p.value for p in m.metadata_props}, m.opset_import[0].version, m.ir_version, " +
      "[d.dim_param or d.dim_value for d in m.graph.input[0].type.tensor_type.shape.dim]]))";
    const printed = execFileSync(python, ["-c", script, paths.at(-1) as string], { encoding: "utf8" });
    const [metadata, opset, ir, shape] = JSON.parse(printed) as [Record<string, string>, number, number, unknown[]];
    expect([opset, ir]).to.deep.equal([17, 8]);
    expect(shape[0]).to.equal("batch");
    expect(metadata).to.include({ embedding_size: "15", distance: "cosine" });
    expect(metadata["likewise_version"]).to.match(/^\d+\.\d+\.\d+/u);
    expect(metadata["fingerprint"]).to.have.length(22);
    expect(JSON.parse(metadata["encoders"] ?? "")).to.have.length(3);
    expect(JSON.parse(metadata["config"] ?? "")).to.have.nested.property("head.type", "SkipConnectionHead");
  });

  it("gives equal bytes for equal models", async () => {
    await using folder = await temporaryFolder();
    const written: Buffer[] = [];
    for (const name of ["a", "b"]) {
      await using model = modelOf({ default: new VectorEncoder(5) }, (size) => new GatedHead(size));
      await model.exportOnnx(join(folder.path, name));
      written.push(await readFile(join(folder.path, name)));
    }
    expect(written[0]?.equals(written[1] as Buffer)).to.equal(true);
  });

  it("refuses wrong options, all at once, and leaves no file", async () => {
    await using folder = await temporaryFolder();
    await using model = modelOf({ default: new VectorEncoder(5) }, (size) => new GatedHead(size));
    const options = { batch: 0, opset: 20 as 17, includeEncoder: true, other: 1 };
    const failed = await failure(model.exportOnnx(join(folder.path, "model.onnx"), options));
    expect(failed).to.be.instanceOf(ConfigError);
    expect((failed as ConfigError).problems.map((problem) => problem.split(":")[0])).to.deep.equal([
      "batch",
      "opset",
      "includeEncoder",
      "other",
    ]);
    expect(await readdir(folder.path)).to.deep.equal([]);
  });

  it("refuses a head that computes with the number of items, and says what to do", async () => {
    await using folder = await temporaryFolder();
    class CountingHead extends IdentityHead {
      override apply(_: Record<string, never>, input: tf.Tensor2D): tf.Tensor2D {
        return tf.div(input, input.shape[0]);
      }
    }
    await using model = modelOf({ default: new VectorEncoder(5) }, (size) => new CountingHead(size));
    const failed = await failure(model.exportOnnx(join(folder.path, "model.onnx")));
    expect(failed).to.have.property("code", "ENGINE");
    expect(failed.message).to.include("{ batch: 32 }");
    expect(await readdir(folder.path)).to.deep.equal([]);
    await model.exportOnnx(join(folder.path, "model.onnx"), { batch: 2 });
  });

  it("refuses an encoder's graph that is damaged", async () => {
    await using folder = await temporaryFolder();
    const broken = new TokenEncoder();
    broken.bytes = broken.bytes.slice(0, 50);
    await using model = modelOf({ default: broken }, (size) => new GatedHead(size));
    const failed = await failure(model.exportOnnx(join(folder.path, "model.onnx"), { includeEncoder: true }));
    expect(failed).to.have.property("code", "FILE_FORMAT");
  });
});

function check(python: string, ...paths: readonly string[]): void {
  const script =
    "import onnx, sys; [onnx.checker.check_model(onnx.load(path), full_check=True) for path in sys.argv[1:]]";
  execFileSync(python, ["-c", script, ...paths], { stdio: ["ignore", "ignore", "pipe"] });
}
