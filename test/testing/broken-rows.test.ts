import { expect } from "chai";
import { Cosine, Distance, Head, type Init } from "likewise";
import { checkDistance, checkHead } from "likewise/testing";
import * as tf from "likewise/tf";
import { failure } from "../support/failure.js";

/** Cosine, changed. */
class ChangedDistance extends Distance {
  readonly name = "test-changed";
  readonly #cosine = new Cosine();
  constructor(readonly changes: Partial<Distance>) {
    super();
  }
  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return this.changes.matrix?.(left, right) ?? this.#cosine.matrix(left, right);
  }
  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return this.#cosine.pairs(left, right);
  }
  override similarity<T extends tf.Tensor>(distance: T): T {
    return this.changes.similarity?.(distance) ?? tf.neg(distance);
  }
  override asInnerProduct(): null {
    return null;
  }
}

class ScaleHead extends Head<{ readonly scale: tf.Tensor1D }> {
  static readonly type = "ScaleHead";
  readonly inputSize = 3;
  readonly outputSize = 3;
  readonly config = {};
  constructor(readonly compute: (vectors: tf.Tensor2D, scale: tf.Tensor1D) => tf.Tensor2D) {
    super();
  }
  static from(): ScaleHead {
    return new ScaleHead((vectors, scale) => tf.mul(vectors, scale));
  }
  override initialize(): Init {
    return { parameters: { scale: { data: Float32Array.of(1, 1, 1), shape: [3] } } };
  }
  override apply({ scale }: { readonly scale: tf.Tensor1D }, vectors: tf.Tensor2D): tf.Tensor2D {
    return this.compute(vectors, scale);
  }
}

describe("Checks for parts of one's own find", () => {
  it("a distance that depends on other rows", async () => {
    const distance = new ChangedDistance({
      matrix: (left, right) => tf.mul(new Cosine().matrix(left, right), tf.sum(tf.abs(left))),
    });
    expect((await checkDistance(distance)).join("\n")).to.match(/the distance of two rows depends on the others: /u);
  });

  it("a similarity, or a distance, that is always the same", async () => {
    const similarity = new ChangedDistance({ similarity: (distance) => tf.mul(distance, 0) });
    expect((await checkDistance(similarity)).join("\n")).to.match(/^the similarity is 0 for all distances$/mu);
    const matrix = new ChangedDistance({ matrix: (left, right) => tf.mul(new Cosine().matrix(left, right), 0) });
    expect((await checkDistance(matrix)).join("\n")).to.match(/^the distance is 0 for all rows$/mu);
  });

  it("nothing where a distance or a head belongs", async () => {
    expect((await failure(() => checkDistance(undefined as never))).message).to.include("expected a distance such as");
    expect((await failure(() => checkHead(undefined as never))).message).to.include("expected a head such as");
  });

  it("a head that divides by the length of a vector", async () => {
    const head = new ScaleHead((vectors, scale) => {
      const scaled = tf.mul(vectors, scale);
      return tf.div(scaled, tf.sqrt(tf.sum(tf.square(scaled), 1, true)));
    });
    expect((await checkHead(head)).join("\n")).to.match(
      /^for vectors of zeros it or its gradient is not finite: value\[0\] is NaN$/mu,
    );
  });

  it("a head with a parameter that it does not read", async () => {
    expect(await checkHead(new ScaleHead((vectors) => tf.clone(vectors)))).to.deep.equal([
      "parameters/scale changes nothing: its gradient is zero everywhere",
    ]);
  });
});
