import { expect } from "chai";
import { Metric, type Kind } from "likewise";
import * as metrics from "likewise/metrics";
import * as miners from "likewise/miners";
import * as optim from "likewise/optim";
import { checkDistance, checkMetric, checkMiner, checkOptimizer, type MetricCheckOptions } from "likewise/testing";
import { oracles } from "../distances/oracles.js";

/** One of every exported class of a kind, with defaults. */
function made<T>(exported: object, contract: { readonly prototype: T }, abstract: readonly string[]): readonly T[] {
  return (Object.values(exported) as unknown[])
    .filter((value): value is new () => T => typeof value === "function" && value.prototype instanceof Object)
    .filter(
      ({ prototype, name }) =>
        Object.prototype.isPrototypeOf.call(contract.prototype as object, prototype) && !abstract.includes(name),
    )
    .map((value) => new value());
}

const { adagrad, adam, adamw, addDecayedWeights, chain, clipGlobalNorm, clipValue, freeze, lion, rmsprop, sgd } = optim;
const transforms = [
  ...[adagrad(), adam(), adam({ amsgrad: true }), adamw(), lion(), rmsprop(), sgd({ momentum: 0.9 })],
  ...[clipGlobalNorm(1), clipValue(1), addDecayedWeights(0.1), chain(clipGlobalNorm(1), adamw()), freeze()],
  optim.parameterGroups(
    [
      { match: /bias$/u, weightDecay: 0 },
      { match: "loss", learningRateFactor: 10 },
    ],
    adamw(),
  ),
];

/** What must be known of some metrics. */
const KNOWN: Readonly<Record<string, Partial<MetricCheckOptions<Kind>>>> = {
  ComponentShare: { perfect: null },
  ClusterAgreement: { ordered: true },
};

describe("Checks for parts of one's own have nothing to say of our", () => {
  for (const { distance } of oracles) {
    it(`distance ${distance.name}`, async () => {
      expect(await checkDistance(distance)).to.deep.equal([]);
    });
  }

  for (const miner of made<miners.Miner>(miners, miners.Miner, [])) {
    it(miner.type, async () => {
      expect(await checkMiner(miner)).to.deep.equal([]);
    });
  }

  for (const transform of transforms) {
    it(`optimizer ${transform.type}`, async () => {
      expect(await checkOptimizer(transform)).to.deep.equal([]);
    });
  }

  for (const metric of made<Metric<Kind>>(metrics, Metric, ["RetrievalMetric", "ScoredPairsMetric"])) {
    for (const kind of metric.kinds ?? (["group", "pair", "tuple"] as const)) {
      it(`metric ${metric.name} of ${kind}s`, async () => {
        expect(await checkMetric(metric, { kind, ...KNOWN[metric.constructor.name] })).to.deep.equal([]);
      });
    }
  }
});
