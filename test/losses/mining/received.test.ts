import { expect } from "chai";
import { MultiSimilarityLoss, TripletLoss } from "likewise/losses";
import * as exported from "likewise/miners";
import { Miner, registerMiner, type Mined } from "likewise/miners";
import * as tf from "likewise/tf";
import { Cosine } from "../../../lib/distances/index.js";
import { Random } from "../../../lib/random.js";
import { masksWithin } from "../../../lib/tensor/masks.js";
import { receivedChoice } from "../../../losses/mining/received.js";
import { judge, randomRows } from "../../support/loss.js";
import { noiseOf } from "../../support/part.js";

const groups = [0, 0, 1, 1, 2, 2];
const embeddings = randomRows(new Random("received"), groups.length, 4);

/** All positives and the negatives within a radius, made of whatever `finish` makes of masks. */
class Within extends Miner {
  static readonly type = "Within";
  static from(): Within {
    return new Within();
  }
  readonly config = {};
  constructor(readonly finish: (mined: Mined) => unknown = (mined) => mined) {
    super();
  }
  override mine(distances: tf.Tensor2D, { positives, negatives }: Mined): Mined {
    const near = tf.logicalAnd<tf.Tensor2D>(tf.cast(negatives, "bool"), tf.lessEqual(distances, 1));
    return this.finish({ positives, negatives: tf.cast(near, "float32") }) as Mined;
  }
}
registerMiner(Within);

const as =
  (dtype: "bool" | "int32") =>
  ({ positives, negatives }: Mined): Mined => {
    const masks = { positives: tf.cast(positives, dtype), negatives: tf.cast(negatives, dtype) };
    return { ...masks, triplets: { of: masks } };
  };

describe("What a miner gives", () => {
  for (const dtype of ["bool", "int32"] as const)
    it(`may be masks of ${dtype}`, () => {
      for (const loss of [
        (miner: Miner) => new TripletLoss({ mining: "all", miner }),
        (miner: Miner) => new MultiSimilarityLoss({ miner }),
      ]) {
        const [expected, found] = [new Within(), new Within(as(dtype))].map((miner) =>
          judge(loss(miner), { embeddings, targets: { groups } }),
        );
        expect(found).to.deep.equal(expected);
      }
    });

  it("is refused by the miner's name where it has another shape or is no tensor", () => {
    const failure = (finish: (mined: Mined) => unknown) => () =>
      tf.tidy(() => {
        const loss = new TripletLoss({ mining: "all", miner: new Within(finish) });
        const rows = tf.tensor2d(embeddings.map((row) => [...row]));
        return loss.compute({}, rows, { groups: tf.tensor1d(groups, "int32") }).value;
      });
    expect(failure(({ positives }) => ({ positives, negatives: tf.sum(positives, 1) }))).to.throw(
      "Within: negatives: expected [6, 6], got [6]",
    );
    expect(failure((mined) => ({ ...mined, triplets: { upTo: tf.zeros([6, 1]) } }))).to.throw(
      "Within: triplets.upTo: expected [6, 6], got [6, 1]",
    );
    for (const wrong of [
      () => undefined,
      (mined: Mined) => Promise.resolve(mined),
      ({ positives }: Mined) => [positives],
    ])
      expect(failure(wrong)).to.throw(
        "Within: mine must return { positives, negatives } of tensors; positives is none",
      );
  });

  it("is passed on as it is by our own miners, without an operation more", () => {
    for (const value of Object.values(exported) as unknown[]) {
      if (typeof value !== "function" || !(value.prototype instanceof Miner)) continue;
      const miner = new (value as new () => Miner)();
      tf.tidy(() => {
        const rows = tf.tensor2d(embeddings.map((row) => [...row]));
        const masks = masksWithin(tf.tensor1d(groups, "int32"));
        const distance = new Cosine();
        const distances = distance.matrix(rows, rows);
        const mined = miner.mine(distances, masks, { rows, columns: rows, distance, noise: noiseOf(new Random(1)) });
        const before = tf.memory().numTensors;
        const received = receivedChoice(miner.type, mined, distances.shape);
        expect(tf.memory().numTensors - before, miner.type).to.equal(0);
        expect(received.negatives, miner.type).to.equal(mined.negatives);
      });
    }
  });
});
