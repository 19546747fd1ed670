import { expect } from "chai";
import { SimilarityModel, TrainableModel, Trainer, type Head, type TrainEvent } from "likewise";
import { GroupLoader } from "likewise/data";
import { field, LayersEncoder, SwitchEncoder, VectorEncoder } from "likewise/encoders";
import {
  DenseHead,
  NormalizeHead,
  SequentialHead,
  SwitchHead,
  WhiteningHead,
  type WhiteningOptions,
} from "likewise/heads";
import { TripletLoss } from "likewise/losses";
import * as tf from "likewise/tf";
import { AssemblyError, ConfigError, DataError, UsageError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import type { VectorRows } from "../../lib/contracts/head.js";
import { symmetricEigen } from "../../lib/statistics/symmetric-eigen.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";
import { run } from "./running.js";

type Rows = readonly (readonly number[])[];

/** Vectors whose numbers go together, far from the origin. */
function correlated(count: number, seed = "rows"): number[][] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => {
    const [a, b, c, e] = random.normals(4) as unknown as [number, number, number, number];
    return [100 + 9 * a, 2 * a + b - 7, 0.5 * c + b, e - c];
  });
}

/** The rows in several parts, as a trainer shows them. */
function inParts(rows: Rows, length = 7): () => AsyncIterable<VectorRows> {
  return async function* parts() {
    for (let start = 0; start < rows.length; start += length) {
      const some = rows.slice(start, start + length);
      await Promise.resolve();
      yield { data: Float32Array.from(some.flat()), rows: some.length, size: some[0]?.length ?? 0 };
    }
  };
}

async function fitted(rows: Rows, options: WhiteningOptions = {}): Promise<WhiteningHead> {
  const head = new WhiteningHead(rows[0]?.length ?? 0, options);
  await head.fit(inParts(rows));
  return head;
}

/** Mean of each number, and of each product of two, round the means. */
function moments(rows: Rows): { mean: number[]; covariance: number[][] } {
  const mean = rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
  const covariance = mean.map((_, i) =>
    mean.map(
      (_value, j) => rows.reduce((sum, row) => sum + (row[i]! - mean[i]!) * (row[j]! - mean[j]!), 0) / rows.length,
    ),
  );
  return { mean, covariance };
}

function chunks(values: readonly number[], size: number): number[][] {
  return Array.from({ length: values.length / size }, (_, row) => values.slice(row * size, (row + 1) * size));
}

describe("WhiteningHead", () => {
  it("gives train vectors mean 0 and the unit matrix as covariance", async () => {
    const rows = correlated(60);
    const head = await fitted(rows, { epsilon: 0 });
    const { mean, covariance } = moments(chunks(run(head, {}, rows), 4));
    expectClose(mean, [0, 0, 0, 0], { relative: 0, absolute: 1e-3 });
    covariance.forEach((row, i) =>
      expectClose(
        row,
        row.map((_, j) => (i === j ? 1 : 0)),
        { relative: 0, absolute: 5e-3 },
      ),
    );
  });

  it("keeps the directions of the largest variance, and adds epsilon mean variances", async () => {
    const rows = correlated(60);
    const { covariance } = moments(rows);
    const trace = covariance.reduce((sum, row, i) => sum + row[i]!, 0);
    const head = await fitted(rows, { outputSize: 2, epsilon: 0.5 });
    expect(head.outputSize).to.equal(2);
    const found = moments(chunks(run(head, {}, rows), 2)).covariance;
    const whole = moments(chunks(run(await fitted(rows, { epsilon: 0.5 }), {}, rows), 4)).covariance;
    expectClose(found.flat(), [whole[0]![0]!, 0, 0, whole[1]![1]!], { relative: 1e-3, absolute: 1e-3 });
    const { values } = symmetricEigen(covariance.flat(), 4);
    expectClose(
      [found[0]![0]!, found[1]![1]!],
      [0, 1].map((i) => values[i]! / (values[i]! + trace / 8)),
      { relative: 1e-3 },
    );
  });

  it("is the same however the vectors come in parts", async () => {
    const rows = correlated(50);
    const [one, other] = [new WhiteningHead(4), new WhiteningHead(4)];
    await one.fit(inParts(rows, 50));
    await other.fit(inParts(rows, 3));
    expectClose(other.weights["matrix"]?.data, [...one.weights["matrix"]!.data], { relative: 1e-3, absolute: 1e-4 });
    expectClose(other.weights["mean"]?.data, moments(rows).mean, { relative: 1e-5 });
  });

  it("gives finite numbers where vectors do not differ at all, or in some directions", async () => {
    const same = [
      [3, 3],
      [3, 3],
    ];
    expect(run(await fitted(same), {}, same)).to.deep.equal([0, 0, 0, 0]);
    const flat = correlated(9).map(([a = 0]) => [a, 2 * a, 5]);
    for (const epsilon of [0, 1e-6, 0.01]) {
      expect(run(await fitted(flat, { epsilon }), {}, flat).every(Number.isFinite)).to.equal(true);
    }
  });

  it("needs vectors before it is used, at least two of them, of its size", async () => {
    expect(() => run(new WhiteningHead(2), {}, [[1, 2]])).to.throw(UsageError, "has not seen any vectors");
    expect(await failure(new WhiteningHead(2).fit(inParts([[1, 2]])))).to.be.instanceOf(DataError);
    expect(
      (
        await failure(
          new WhiteningHead(3).fit(
            inParts([
              [1, 2],
              [3, 4],
            ]),
          ),
        )
      ).message,
    ).to.contain("[n, 3]");
    expect(() => new WhiteningHead(2, { outputSize: 3, epsilon: -1 })).to.throw(ConfigError, /outputSize.*epsilon/su);
  });

  it("is fitted inside other heads: after those without parameters, and to the vectors sent its way", async () => {
    const rows = correlated(40);
    const inner = new WhiteningHead(4, { epsilon: 0 });
    const head = new SequentialHead([new NormalizeHead(4), inner, new DenseHead(4, { outputSize: 2 })]);
    expect(head.fitted).to.equal(false);
    await head.fit(inParts(rows));
    expect(head.fitted).to.equal(true);
    const unit = rows.map((row) => row.map((value) => value / Math.hypot(...row)));
    expectClose(inner.weights["mean"]?.data, moments(unit).mean, { relative: 1e-4, absolute: 1e-5 });
    const late = new SequentialHead([new DenseHead(4, { outputSize: 4 }), new WhiteningHead(4)]);
    expect((await failure(late.fit(inParts(rows)))).message).to.match(
      /head1 \(WhiteningHead\).*head0 \(DenseHead\).*put it first/u,
    );

    const own = new WhiteningHead(4);
    const switched = new SwitchHead({ left: own, right: new NormalizeHead(4) });
    await switched.fit(async function* routed() {
      for await (const some of inParts(rows)()) {
        yield {
          ...some,
          routes: { names: ["left", "right"], ids: Int32Array.from({ length: some.rows }, (_, i) => i % 2) },
        };
      }
    });
    const left = rows.filter((_, i) => (i % 7) % 2 === 0);
    expectClose(own.weights["mean"]?.data, moments(left).mean, { relative: 1e-4, absolute: 1e-4 });
    expect((await failure(new SwitchHead({ left: new WhiteningHead(4) }).fit(inParts(rows)))).message).to.contain(
      '"left"',
    );
  });
});

const samples = correlated(24).map((item, i) => ({ item, group: i % 4 }));
const items = samples.slice(0, 7).map(({ item }) => item);

class Whitened extends TrainableModel<"group", number[]> {
  override configureEncoders(): VectorEncoder | LayersEncoder {
    return new VectorEncoder(4);
  }
  override configureHead(inputSize: number): Head {
    const whitening = new WhiteningHead(inputSize, { outputSize: 3 });
    return new SequentialHead([whitening, new DenseHead(3, { outputSize: 2 })]);
  }
  override configureLoss = () => new TripletLoss({ mining: "all" });
}

class TrainedBefore extends Whitened {
  override configureEncoders(): LayersEncoder {
    const dense = tf.layers.layers.dense({ units: 4, inputShape: [4] });
    return new LayersEncoder(tf.layers.sequential({ layers: [dense] }));
  }
}

describe("Training with a WhiteningHead", () => {
  const train = new GroupLoader(samples, { batchSize: 8 });

  it("fits it before the first step, on every engine, saves it with the model, and does not fit it again on resuming", async () => {
    await using folder = await temporaryFolder();
    const seen: TrainEvent[] = [];
    const trainer = new Trainer({
      progress: false,
      maxEpochs: 2,
      runDir: folder.path,
      engine: "compiled",
      handleSignals: false,
    });
    trainer.events$.subscribe((event) => seen.push(event));
    await using model = await trainer.fit(new Whitened(), { train, validation: train });
    const types = seen.map(({ type }) => type);
    expect(types.indexOf("fitting")).to.be.within(0, types.indexOf("step") - 1);
    expect(seen.filter(({ type }) => type === "fitting").at(-1)).to.include({
      done: 24,
      finished: true,
      what: "SequentialHead",
    });
    const vectors = (await model.encode(items)).data;
    expect(vectors.some((value) => value !== 0)).to.equal(true);

    await using eager = await new Trainer({ progress: false, maxEpochs: 2, engine: "eager" }).fit(new Whitened(), {
      train,
    });
    expectClose((await eager.encode(items)).data, vectors, { relative: 1e-3, absolute: 1e-4 });

    await model.save(`${folder.path}/model`);
    await using loaded = await SimilarityModel.load<number[]>(`${folder.path}/model`);
    expectClose((await loaded.encode(items)).data, vectors, { relative: 1e-6, absolute: 1e-7 });
    await loaded.save(`${folder.path}/again`);
    await using again = await SimilarityModel.load<number[]>(`${folder.path}/again`);
    expectClose((await again.encode(items)).data, vectors, { relative: 1e-6, absolute: 1e-7 });

    seen.length = 0;
    const longer = new Trainer({ progress: false, maxEpochs: 3, runDir: folder.path, handleSignals: false });
    longer.events$.subscribe((event) => seen.push(event));
    await using resumed = await longer.fit(new Whitened(), { train }, { resume: "last" });
    expect(seen.some(({ type }) => type === "fitting")).to.equal(false);
    const whitening = resumed.content.head.weights;
    expect([...whitening["head0/matrix"]!.data]).to.deep.equal([...model.content.head.weights["head0/matrix"]!.data]);
  });

  it("is found a learning rate for", async () => {
    const trainer = new Trainer({ progress: false });
    const { curve } = await trainer.findLearningRate(new Whitened(), { train }, { steps: 10 });
    expect(curve.length).to.be.greaterThan(5);
  });

  it("is refused before the first step when an encoder before it is trained", async () => {
    const error = await failure(new Trainer({ progress: false, maxEpochs: 1 }).fit(new TrainedBefore(), { train }));
    expect(error).to.be.instanceOf(AssemblyError);
    expect(error.message).to.contain('encoder "default" (LayersEncoder) is trained');
  });

  it("shows each way of a SwitchHead its own vectors", async () => {
    interface Thing {
      readonly kind: string;
      readonly vector: number[];
    }
    class Switched extends TrainableModel<"group", Thing> {
      override configureEncoders() {
        const vector = field("vector", new VectorEncoder(4));
        return new SwitchEncoder<Thing>("kind", { a: vector, b: vector });
      }
      override configureHead(size: number) {
        const b = new DenseHead(size, { outputSize: 4 });
        return new SwitchHead({ a: new WhiteningHead(size), b });
      }
      override configureLoss = () => new TripletLoss({ mining: "all" });
    }
    const things = samples.map(({ item, group }, i) => ({
      item: { kind: i % 3 === 0 ? "a" : "b", vector: item },
      group,
    }));
    const loader = new GroupLoader(things, { batchSize: 8 });
    await using model = await new Trainer({ progress: false, maxEpochs: 1 }).fit(new Switched(), { train: loader });
    const own = samples.filter((_, i) => i % 3 === 0).map(({ item }) => item);
    expectClose(model.content.head.weights["a/mean"]?.data, moments(own).mean, { relative: 1e-4, absolute: 1e-4 });
  });
});
