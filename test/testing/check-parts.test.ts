import { expect } from "chai";
import { FrozenEncoder, Head, SimilarityLoss, type Init, type JsonObject, type Mode, type Output } from "likewise";
import { NgramEmbedding, NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { SoftmaxLoss } from "likewise/losses";
import { checkEncoder, checkGradient, checkHead, checkLoss, checkSaving } from "likewise/testing";
import * as tf from "likewise/tf";

/** Nothing is right about it: it is too narrow, its rows see each other, one gradient is wrong, and its configuration is lost. */
class WrongHead extends Head {
  static readonly type = "WrongHead";
  readonly inputSize = 3;
  readonly outputSize = 3;

  constructor(readonly factor = 2) {
    super();
  }

  static from(): WrongHead {
    return new WrongHead();
  }

  get config(): JsonObject {
    return { factor: this.factor };
  }

  initialize(): Init {
    return { parameters: { scale: { data: Float32Array.of(1), shape: [1] } } };
  }

  apply(parameters: { readonly scale: tf.Tensor1D }, vectors: tf.Tensor2D, _mode: Mode): Output {
    const mean = tf.mean(vectors, 0, true);
    const scaled = tf.customGrad((scale) => ({
      value: tf.clone(scale as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => [tf.mul(dy, 5)],
    }))(parameters.scale);
    return tf.slice(tf.mul<tf.Tensor2D>(tf.sub(vectors, mean), scaled), [0, 0], [-1, 2]);
  }
}

class WrongEncoder extends FrozenEncoder<string> {
  static readonly type = "WrongEncoder";
  readonly embeddingSize = 2;
  readonly config = {};
  static from(): WrongEncoder {
    return new WrongEncoder();
  }
  embed(items: readonly string[]): Promise<Float32Array> {
    const rows = items.length === 0 ? [1] : items.flatMap((item) => [item.length, item === "b" ? NaN : items.length]);
    return Promise.resolve(Float32Array.from(rows));
  }
  fingerprint(): string {
    return "wrong";
  }
}

class WrongLoss extends SimilarityLoss<"pair"> {
  static readonly type = "WrongLoss";
  readonly kind = "pair";
  readonly separable = false;
  readonly distance = null;
  readonly config = {};
  static from(): WrongLoss {
    return new WrongLoss();
  }
  compute(_parameters: object, embeddings: tf.Tensor2D) {
    return { value: tf.div<tf.Scalar>(tf.sum(tf.square(embeddings)), 0), weight: tf.scalar(-1) };
  }
}

const texts = ["one two", "three", "four five six"];
const embeddings = { data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + 1)), rows: 4, size: 3 };

describe("Checks for parts of one's own", () => {
  it("have nothing to say of good parts", async () => {
    expect(await checkHead(new DenseHead(4, { outputSizes: [5, 3], activation: "tanh" }))).to.deep.equal([]);
    expect(await checkEncoder(NgramEncoder.fit(texts, { dimensions: 32 }), texts)).to.deep.equal([]);
    expect(await checkEncoder(new NgramEmbedding({ buckets: 64, size: 8, idf: false }), texts)).to.deep.equal([]);
    const loss = new SoftmaxLoss({ embeddingSize: 3, groups: 2, temperature: 1 });
    expect(await checkLoss(loss, embeddings, { groups: Int32Array.of(0, 1, 1, 0) })).to.deep.equal([]);
  });

  it("tell everything that is wrong with a head", async () => {
    const problems = await checkHead(new WrongHead(7));
    expect(problems.slice(0, 2)).to.satisfy(
      ([width, rows]: string[]) =>
        width === "it gives [5, 2] for [5, 3]" && rows?.startsWith("row 0 depends on the other rows of its batch"),
    );
    expect(problems.join("\n")).to.match(/gradient of parameters\/scale\[0\] is /);
    expect(problems.at(-1)).to.equal('the configuration {"factor":7} comes back as {"factor":2}');
    expect(await checkSaving(new WrongHead())).to.deep.equal([]);
  });

  it("tell everything that is wrong with an encoder", async () => {
    const problems = await checkEncoder(new WrongEncoder(), ["a", "b"]);
    expect(problems[0]).to.equal("it gives NaN in row 1");
    expect(problems[1]).to.match(/^row 0 depends on the other rows of its batch: 2 among others, 1 alone$/);
    expect(problems).to.include("an empty batch gives numbers");
  });

  it("tell that a loss is not finite and its weight not positive", async () => {
    const problems = await checkLoss(new WrongLoss(), embeddings, {
      labels: Float32Array.of(1, 1),
      subgroups: Int32Array.of(0, 0, 0, 0),
    });
    expect(problems.slice(0, 2)).to.deep.equal(["the value is Infinity", "the weight is -1, it must be above 0"]);
  });

  it("accept a right gradient and refuse a wrong one", () => {
    const at = { x: { data: Float32Array.of(1, 2), shape: [2] } };
    expect(checkGradient(({ x }) => tf.sum(tf.square(x as tf.Tensor)), at)).to.deep.equal([]);
    const wrong = tf.customGrad((x) => ({
      value: tf.sum(x as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => [tf.mul(dy, tf.zerosLike(x as tf.Tensor))],
    }));
    const problems = checkGradient(({ x }) => tf.reshape(wrong(x as tf.Tensor), []), at);
    expect(problems).to.have.length(2);
    expect(problems[0]).to.match(/^gradient of x\[0\] is 0, differences give (1\.0|0\.99)/);
  });
});
