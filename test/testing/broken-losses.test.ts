import { expect } from "chai";
import { Cosine, Random, SimilarityLoss, type Targets } from "likewise";
import { checkLoss } from "likewise/testing";
import * as tf from "likewise/tf";

type Compute = (distances: tf.Tensor2D, same: tf.Tensor2D, embeddings: tf.Tensor2D) => tf.Scalar;

class GroupsLoss extends SimilarityLoss<"group"> {
  static readonly type = "GroupsLoss";
  readonly kind = "group";
  readonly distance = new Cosine();
  readonly config = {};
  constructor(
    readonly judge: Compute,
    readonly separable = false,
  ) {
    super();
  }
  static from(): GroupsLoss {
    return new GroupsLoss((distances) => tf.mean(distances));
  }
  override compute(_parameters: object, embeddings: tf.Tensor2D, { groups }: Targets<"group">): tf.Scalar {
    const same = tf.cast<tf.Tensor2D>(tf.equal(tf.expandDims(groups, 1), tf.expandDims(groups, 0)), "float32");
    return this.judge(this.distance.matrix(embeddings, embeddings), same, embeddings);
  }
}

const problems = async (judge: Compute, separable = false): Promise<string> => {
  const embeddings = { data: new Random("rows").normals(24), rows: 6, size: 4 };
  const targets = { groups: Int32Array.of(0, 0, 1, 1, 2, 2) };
  return (await checkLoss(new GroupsLoss(judge, separable), embeddings, targets)).join("\n");
};

describe("Checks for parts of one's own find a loss", () => {
  it("that is NaN for a batch of one group", async () => {
    expect(
      await problems((distances, same) => {
        const others = tf.sub(1, same);
        return tf.neg(tf.div(tf.sum(tf.mul(distances, others)), tf.sum(others)));
      }),
    ).to.match(/^where all groups are 0, the loss or its gradient is not finite: value\[0\] is NaN$/mu);
  });

  it("that is always the same", async () => {
    expect(await problems(() => tf.scalar(1))).to.match(/^the gradient of embeddings is zero everywhere/mu);
  });

  it("of the first row alone", async () => {
    expect(await problems((_distances, _same, rows) => tf.sum(tf.square(tf.slice(rows, 0, 1))))).to.match(
      /^the value depends on the order of samples/mu,
    );
  });

  it("that says it is separable but compares the rows of a batch", async () => {
    const compare: Compute = (distances, same) => tf.mean(tf.mul(distances, same));
    expect(await problems(compare, true)).to.match(/^separable is true, but the value is/mu);
    expect(await problems(compare)).not.to.include("separable is true");
  });
});
