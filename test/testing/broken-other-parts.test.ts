import { expect } from "chai";
import { Cosine, Distance, Metric, type HostMatrix, type InnerProductForm } from "likewise";
import { Miner, type Mined } from "likewise/miners";
import { adam, sgd, type Transform } from "likewise/optim";
import { checkDistance, checkMetric, checkMiner, checkOptimizer } from "likewise/testing";
import * as tf from "likewise/tf";

/** Pairs are on another scale than matrices, similarities turn round, and it is not registered. */
class WrongDistance extends Distance {
  readonly name = "test-wrong";
  readonly #cosine = new Cosine();
  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return this.#cosine.matrix(left, right);
  }
  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return tf.mul(this.#cosine.pairs(left, right), 2);
  }
  override similarity<T extends tf.Tensor>(distance: T): T {
    return distance;
  }
  override asInnerProduct(): InnerProductForm {
    return { normalize: true, subtractHalfSquaredNorm: false, distance: (score) => 2 - score };
  }
}

/** Takes every pair, also of a row with itself. */
class EveryPair extends Miner {
  static readonly type: string = "EveryPair";
  readonly config = {};
  override readonly single: boolean = true;
  override mine(distances: tf.Tensor2D, _masks: Mined): Mined {
    return { positives: tf.onesLike(distances), negatives: tf.zerosLike(distances) };
  }
}

/** Counts the rows of the last batch that it still holds. */
class Forgetful extends Metric<"group"> {
  readonly name = "forgetful";
  readonly higherIsBetter = true;
  #last: HostMatrix | null = null;
  override update(embeddings: HostMatrix): void {
    this.#last = embeddings;
  }
  override value(): Promise<number> {
    return Promise.resolve(this.#last === null ? 0 : this.#last.data.reduce((sum, value) => sum + Math.abs(value), 0));
  }
  override reset(): void {
    this.#last = null;
  }
}

const includes = (problems: readonly string[], ...parts: readonly string[]): void => {
  for (const part of parts) expect(problems.join("\n")).to.include(part);
};

describe("Checks for parts of one's own find what is wrong with", () => {
  it("a distance", async () => {
    includes(
      await checkDistance(new WrongDistance()),
      "for two rows of which matrix gives",
      "similarity grows with the distance",
      "asInnerProduct gives",
      'was registerDistance("test-wrong", …) called?',
    );
  });

  it("a miner", async () => {
    includes(
      await checkMiner(new EveryPair()),
      "in a batch: positives is 1 at [0, 0], where the given mask is 0",
      "single is true, but a row has several positives",
      "call registerMiner(EveryPair)",
    );
    const compared = new (class Compared extends EveryPair {
      override readonly single = false;
      override mine(_distances: tf.Tensor2D, { positives, negatives }: Mined): Mined {
        return { positives: tf.cast(positives, "bool"), negatives };
      }
    })();
    includes(
      await checkMiner(compared),
      'in a batch: positives is not float32; end a comparison with tf.cast(…, "float32")',
    );
  });

  it("an optimizer", async () => {
    const base = sgd();
    const withChanges = (changes: Partial<Transform>): Transform => ({ ...base, ...changes });
    let calls = 0;
    const counting = withChanges({
      update: (...given) => {
        calls += 1;
        const { updates, state } = base.update(...given);
        return { updates: Object.fromEntries(Object.entries(updates).map(([k, v]) => [k, tf.mul(v, calls)])), state };
      },
    });
    includes(await checkOptimizer(counting), "update gives other numbers when it is run again");
    includes(
      await checkOptimizer(
        withChanges({ update: (...given) => ({ updates: {}, state: base.update(...given).state }) }),
      ),
      "the updates are nothing, they must be as the gradients",
    );
    const slotted = adam();
    includes(
      await checkOptimizer({ ...slotted, update: (...given) => ({ ...slotted.update(...given), state: {} }) }),
      "becomes nothing; it must keep its names and shapes",
    );
    const mixing = withChanges({
      update: (gradients) => ({
        updates: Object.fromEntries(
          Object.entries(gradients).map(([name, gradient]) => [name, tf.sub(gradient, tf.mean(gradient))]),
        ),
        state: {},
      }),
    });
    includes(await checkOptimizer(mixing), "elementwise is true, but update/head/kernel[");
  });

  it("a metric", async () => {
    includes(
      await checkMetric(new Forgetful()),
      "the value of one batch is not that of its rows in two",
      "the value depends on the order of batches",
      "update keeps arrays that it only borrows",
      "but higherIsBetter is true",
      "the value after reset is 0, it must be NaN",
    );
  });
});
