import { expect } from "chai";
import * as tf from "likewise/tf";
import { freeze, type FrozenCopy, LayersEncoder, NgramEmbedding } from "likewise/encoders";
import { TrainableEncoder } from "../../lib/contracts/encoder.js";
import type { Init, Mode, Output } from "../../lib/contracts/part.js";
import { ConfigError, DataError, ShapeError, UsageError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { hostTensor, type HostTensors } from "../../lib/tensor/host.js";
import type { Tensors, TensorTree } from "../../lib/tensor/tree.js";
import { failure } from "../support/failure.js";
import { vectorsOf } from "./running.js";

const texts = ["my card is lost", "", "Where is my luggage?"];
const embedding = () => NgramEmbedding.fit(texts, { size: 4, buckets: 30 });

describe("freeze", () => {
  it("gives the vectors of the trainable encoder in inference, with drawn or given numbers", async () => {
    const encoder = embedding();
    const drawn = await freeze(encoder, { seed: 5 }).embed(texts);
    expect([...drawn]).to.deep.equal([...(await vectorsOf(encoder, texts, encoder.initialize(new Random(5))))]);
    const table = hostTensor(new Random(9).normals(120), [30, 4]);
    const given = await freeze(encoder, { parameters: { table } }).embed(texts);
    expect([...given]).to.deep.equal([...(await vectorsOf(encoder, texts, { parameters: { table } }))]);
  });

  it("takes parameters flat or nested, and uses the given state", async () => {
    const make = (): LayersEncoder =>
      new LayersEncoder(
        tf.layers.sequential({ layers: [tf.layers.layers.batchNormalization({ inputShape: [2], epsilon: 0 })] }),
      );
    const ones = hostTensor(Float32Array.of(1, 1), [2]);
    const zeros = hostTensor(Float32Array.of(0, 0), [2]);
    const name = "batch_normalization_1";
    const state = { [name]: { moving_mean: hostTensor(Float32Array.of(1, 2), [2]), moving_variance: ones } };
    const flat = { [`${name}/gamma`]: ones, [`${name}/beta`]: zeros };
    expect([...(await freeze(make(), { parameters: flat, state }).embed([[4, 4]]))]).to.deep.equal([3, 2]);
    expect([...(await freeze(make(), { state }).embed([[4, 4]]))]).to.deep.equal([3, 2]);
  });

  it("refuses an encoder that is frozen already", () => {
    const frozen: unknown = freeze(embedding());
    expect(() => freeze(frozen as NgramEmbedding)).to.throw(
      ConfigError,
      "encoder: FrozenCopy is frozen already; use it as it is",
    );
  });

  it("refuses numbers of other names or shapes, all at once", () => {
    const table = hostTensor(new Float32Array(6), [2, 3]);
    expect(() => freeze(embedding(), { parameters: { table, extra: table }, state: { mean: table } }))
      .to.throw(ConfigError)
      .with.property("problems")
      .that.deep.equals([
        "parameters: table has shape [2, 3], expected [30, 4]",
        "parameters: extra is not known",
        "state: mean is not known",
      ]);
    expect(() => freeze(embedding(), { parameters: {} })).to.throw(ConfigError, "table [30, 4] is missing");
    expect(() => freeze(embedding(), { weights: { table } } as object)).to.throw(
      ConfigError,
      "weights: unknown option",
    );
  });

  it("runs some items at a time, with the rows of one run, and says where a wrong item is", async () => {
    const sizes: number[] = [];
    class Counting extends Odd {
      override collate(items: readonly number[]): HostTensors {
        sizes.push(items.length);
        if (items.includes(-1)) throw new DataError(`item ${items.indexOf(-1)} is negative`);
        return super.collate(items);
      }
    }
    const items = Array.from({ length: 600 }, (_, i) => i);
    const rows = await freeze(new Counting("fine")).embed(items);
    expect([...rows]).to.deep.equal(items.flatMap((item) => [item, item, item]));
    expect(Math.max(...sizes)).to.be.at.most(256);
    const error = await failure(freeze(new Counting("fine")).embed([...items, -1]));
    expect(error.message).to.equal("in the items from 512: item 88 is negative");
  });

  it("can be used by several callers at once", async () => {
    const frozen = freeze(embedding());
    const alone = await frozen.embed(texts);
    const together = await Promise.all([frozen.embed(texts), frozen.embed(texts), frozen.embed([...texts].reverse())]);
    expect([...(together[0] as Float32Array)]).to.deep.equal([...alone]);
    expect([...(together[1] as Float32Array)]).to.deep.equal([...alone]);
  });

  it("refuses encoders that draw random numbers in inference or give another shape, and leaks nothing then", async () => {
    expect(await failure(freeze(new Odd("noisy")).embed([1, 2]))).to.be.instanceOf(UsageError);
    const error = await failure(freeze(new Odd("narrow")).embed([1, 2]));
    expect(error).to.be.instanceOf(ShapeError);
    expect(error.message).to.equal("Odd: expected [2, 3], got [2, 1]");
  });

  it("is an encoder of the same items for the compiler", () => {
    const frozen: FrozenCopy<string> = freeze(new NgramEmbedding({ size: 2, buckets: 4 }));
    // @ts-expect-error it reads texts
    const numbers: FrozenCopy<number> = frozen;
    expect(numbers.embeddingSize).to.equal(2);
  });
});

class Odd extends TrainableEncoder<number> {
  static readonly type = "Odd";
  readonly embeddingSize = 3;
  readonly config = {};

  constructor(readonly how: "noisy" | "narrow" | "fine") {
    super();
  }

  override collate(items: readonly number[]): HostTensors {
    return { x: hostTensor(Float32Array.from(items), [items.length, 1]) };
  }

  override initialize(): Init {
    return { parameters: {} };
  }

  override apply(_parameters: TensorTree, { x }: Tensors, { noise }: Mode): Output {
    if (this.how === "narrow") return tf.mul(x as tf.Tensor2D, 2);
    if (this.how === "fine") return tf.tile(x as tf.Tensor2D, [1, 3]);
    return tf.mul(tf.tile(x as tf.Tensor2D, [1, 3]), noise.uniform([2, 3]));
  }
}
