import { expect } from "chai";
import { ConfigError, Random } from "likewise";
import { Precision, RPrecision } from "likewise/metrics";
import { groupTargets, pairTargets, tupleTargets, valueOf } from "./batches.js";

const random = new Random("sampled");
const groups = Array.from({ length: 60 }, (_, at) => (at < 50 ? at % 10 : at));
const rows = groups.map((group) =>
  Array.from({ length: 4 }, (_, axis) => (axis === group % 4 ? 1 : 0) + 0.6 * random.normal()),
);

describe("a retrieval metric that asks a sample of the queries", () => {
  it("equals the whole when the sample is all that can ask", async () => {
    for (const sample of [50, 1000]) {
      const value = await valueOf(new RPrecision({ sample }), rows, groupTargets(groups));
      expect(value).to.be.closeTo(await valueOf(new RPrecision(), rows, groupTargets(groups)), 1e-12);
    }
  });

  it("searches among all rows and never finds the row that asks", async () => {
    // Everything lies in one place but two rows far away: whoever asks, chance decides.
    const same = groups.map(() => [1, 2]);
    const value = await valueOf(new Precision({ sample: 5 }), same, groupTargets(groups));
    expect(value).to.be.closeTo(4 / 59, 1e-9);
  });

  it("is 1 for a perfect model whoever asks, where a row that finds itself takes the place of a right one", async () => {
    for (const size of [2, 3, 5, 10]) {
      const of = Array.from({ length: 6 * size }, (_, at) => (at * 5) % 6);
      const perfect = of.map((group) => [Math.cos(group), Math.sin(group)]);
      for (let seed = 0; seed < 5; seed += 1) {
        const metric = new RPrecision({ sample: size + 1, seed });
        expect(await valueOf(metric, perfect, groupTargets(of)), `groups of ${size}`).to.equal(1);
      }
    }
  });

  it("repeats with its seed, and averages to the whole over many", async () => {
    const whole = await valueOf(new RPrecision(), rows, groupTargets(groups));
    const values: number[] = [];
    for (let seed = 0; seed < 200; seed += 1) {
      values.push(await valueOf(new RPrecision({ sample: 8, seed }), rows, groupTargets(groups)));
    }
    expect(new Set(values).size).to.be.above(5);
    expect(values.reduce((sum, value) => sum + value, 0) / 200).to.be.closeTo(whole, 0.03);
    expect(await valueOf(new RPrecision({ sample: 8, seed: 3 }), rows, groupTargets(groups))).to.equal(values[3]);
  });

  it("asks pairs and tuples as well", async () => {
    const pairs = pairTargets(Array.from({ length: 30 }, () => 1));
    expect(await valueOf(new Precision({ sample: 30 }), rows, pairs)).to.be.closeTo(
      await valueOf(new Precision(), rows, pairs),
      1e-12,
    );
    const owners = Array.from({ length: 20 }, (_, at) => at);
    const tuples = tupleTargets(owners, owners);
    expect(await valueOf(new Precision({ sample: 20 }), rows, tuples)).to.be.closeTo(
      await valueOf(new Precision(), rows, tuples),
      1e-12,
    );
    expect(await valueOf(new Precision({ sample: 3 }), rows, tuples)).to.be.within(0, 1);
  });

  it("refuses a sample of nothing", () => {
    expect(() => new RPrecision({ sample: 0 })).to.throw(ConfigError, /sample/);
  });
});
