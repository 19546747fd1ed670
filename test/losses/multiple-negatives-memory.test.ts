import { expect } from "chai";
import type { LossValue, UsesMemory } from "likewise";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import * as tf from "likewise/tf";
import { Random } from "../../lib/random.js";

const random = new Random(3);
const rows = (count: number): number[][] => Array.from({ length: count }, () => Array.from(random.normals(4)));
const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, v, i) => sum + v * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

/** What it should be, with plain loops. */
function plainly(a: number[][], b: number[][], memory: number[][], valid: number[], scores: number[], scale: number) {
  let [sum, weight] = [0, 0];
  a.forEach((anchor, i) => {
    const answer = Math.exp(scale * cosine(anchor, b[i] as number[]));
    let all = answer;
    memory.forEach((row, m) => {
      if (valid[m] === 1) all += Math.exp(scale * cosine(anchor, row));
    });
    sum += (scores[i] as number) * -Math.log(answer / all);
    weight += scores[i] as number;
  });
  return weight === 0 ? 0 : sum / weight;
}

describe("MultipleNegativesRankingLoss with a memory", () => {
  const [a, b, memory] = [rows(3), rows(3), rows(5)];
  const judge = (loss: MultipleNegativesRankingLoss, valid: number[], scores = [1, 1, 1], held = memory) => {
    const embeddings = tf.tensor2d([...a, ...b]);
    const targets = { labels: tf.tensor1d(scores), subgroups: tf.range(0, 6, 1, "int32") };
    const remembered = {
      embeddings: tf.tensor2d(held),
      groups: tf.zeros([5], "int32") as tf.Tensor1D,
      valid: tf.tensor1d(valid),
    };
    return (loss as unknown as UsesMemory<"pair">).computeAgainst({}, embeddings, targets, remembered) as LossValue;
  };

  for (const [valid, scores] of [
    [
      [1, 1, 1, 1, 1],
      [1, 1, 1],
    ],
    [
      [1, 0, 1, 0, 0],
      [1, 0.5, 0],
    ],
    [
      [0, 0, 0, 0, 0],
      [1, 1, 1],
    ],
    [
      [1, 1, 0, 0, 1],
      [0, 0, 0],
    ],
  ] as [number[], number[]][]) {
    it(`takes remembered rows for wrong answers, as plain loops do: valid ${valid.join("")}, scores ${scores.join(" ")}`, () =>
      void tf.tidy(() => {
        for (const scale of [1, 20]) {
          const { value } = judge(new MultipleNegativesRankingLoss({ scale }), valid, scores);
          expect(value.dataSync()[0]).to.be.closeTo(plainly(a, b, memory, valid, scores, scale), 1e-5);
        }
      }));
  }

  it("does not look at what lies in rows that are not valid", () =>
    void tf.tidy(() => {
      const loss = new MultipleNegativesRankingLoss();
      const other = memory.map((row, m) => (m === 2 ? [1e20, -1e20, 3, 0] : row));
      const valid = [1, 1, 0, 1, 1];
      const [one, two] = [judge(loss, valid), judge(loss, valid, [1, 1, 1], other)];
      expect(two.value.dataSync()[0]).to.equal(one.value.dataSync()[0]);
    }));

  it("moves a away from remembered rows that resemble it", () =>
    void tf.tidy(() => {
      const loss = new MultipleNegativesRankingLoss({ scale: 5 });
      const targets = { labels: tf.tensor1d([1, 1, 1]), subgroups: tf.range(0, 6, 1, "int32") as tf.Tensor1D };
      const remembered = {
        embeddings: tf.tensor2d(memory),
        groups: tf.zeros([5], "int32") as tf.Tensor1D,
        valid: tf.ones([5]) as tf.Tensor1D,
      };
      const given = tf.tensor2d([...a, ...b]);
      const f = (x: tf.Tensor): tf.Scalar =>
        ((loss as unknown as UsesMemory<"pair">).computeAgainst({}, x as tf.Tensor2D, targets, remembered) as LossValue)
          .value;
      const gradient = tf.grad(f)(given).dataSync();
      const numbers = given.dataSync();
      for (let i = 0; i < numbers.length; i += 5) {
        const moved = (by: number): number => {
          const copy = Float32Array.from(numbers);
          copy[i] = (copy[i] as number) + by;
          return f(tf.tensor2d(copy, [6, 4])).dataSync()[0] as number;
        };
        expect(gradient[i]).to.be.closeTo((moved(1e-2) - moved(-1e-2)) / 2e-2, 2e-3);
      }
    }));
});
