import { expect } from "chai";
import { DistanceMatrixLoss, OnlineContrastiveLoss, TripletLoss, type Judgement } from "likewise/losses";
import {
  AverageNonZeroReducer,
  ClassWeightedReducer,
  MeanReducer,
  PerAnchorReducer,
  Reducer,
  registerReducer,
  SumReducer,
  ThresholdReducer,
  unitsOf,
  type Units,
} from "likewise/miners";
import * as tf from "likewise/tf";
import type { LossValue } from "../../../lib/contracts/index.js";
import { ConfigError, DuplicateNameError, UnknownNameError, UsageError } from "../../../lib/errors.js";
import type { JsonObject } from "../../../lib/json.js";
import { Random } from "../../../lib/random.js";
import { expectClose } from "../../support/close.js";
import { judge, randomRows } from "../../support/loss.js";

const groups = [0, 0, 1, 1, 2, 2, 0, 3];
const rows = randomRows(new Random("reduced"), groups.length, 4);
const batch = { embeddings: rows, targets: { groups } };
const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, v) => sum + v, 0) / values.length;

/** The losses of all triplets with margin 0.6, by anchor. */
const losses: number[][] = groups.map((group, a) =>
  groups.flatMap((same, p) =>
    p !== a && same === group
      ? groups.flatMap((other, n) => (other === group ? [] : [Math.max(0, distance(a, p) - distance(a, n) + 0.6)]))
      : [],
  ),
);

function distance(a: number, b: number): number {
  const [x, y] = [rows[a]!, rows[b]!];
  return 1 - x.reduce((sum, v, k) => sum + v * y[k]!, 0) / (Math.hypot(...x) * Math.hypot(...y));
}

const weights = [2, 0, 1];
const cases: readonly { reducer: Reducer; expected: number; weight: number }[] = [
  { reducer: new MeanReducer(), expected: mean(losses.flat()), weight: losses.flat().length },
  { reducer: new SumReducer(), expected: mean(losses.flat()) * losses.flat().length, weight: 1 },
  {
    reducer: new AverageNonZeroReducer(),
    expected: mean(losses.flat().filter((l) => l > 0)),
    weight: losses.flat().filter((l) => l > 0).length,
  },
  {
    reducer: new ThresholdReducer({ low: 0.2, high: 0.9 }),
    expected: mean(losses.flat().filter((l) => l > 0.2 && l < 0.9)),
    weight: losses.flat().filter((l) => l > 0.2 && l < 0.9).length,
  },
  {
    reducer: new ThresholdReducer({ high: 0.5 }),
    expected: mean(losses.flat().filter((l) => l < 0.5)),
    weight: losses.flat().filter((l) => l < 0.5).length,
  },
  {
    reducer: new ClassWeightedReducer({ weights }),
    expected: mean(losses.flatMap((of, a) => of.map((l) => l * (weights[groups[a]!] ?? 1)))),
    weight: losses.flat().length,
  },
  {
    reducer: new PerAnchorReducer(),
    expected: mean(losses.filter((of) => of.length > 0).map(mean)),
    weight: losses.filter((of) => of.length > 0).length,
  },
];

class Largest extends Reducer {
  static readonly type: string = "LargestOfTheTest";
  readonly config = {};
  static from(): Largest {
    return new Largest();
  }
  override reduce({ totals }: Units): LossValue {
    return { value: tf.max(totals), weight: tf.scalar(1) };
  }
}

describe("reducers", () => {
  for (const { reducer, expected, weight } of cases) {
    const title = `${reducer.type} ${JSON.stringify(reducer.config)}`;
    it(`${title} over triplets that are never listed equals plain loops`, () => {
      const found = judge(new TripletLoss({ mining: "all", margin: 0.6, reducer }), batch);
      expectClose(found.value, expected, { relative: 1e-4 });
      expect(found.weight).to.equal(weight);
      expect(found.gradient.some((g) => g !== 0) && found.gradient.every(Number.isFinite)).to.equal(true);
    });

    it(`${title} comes back with a loss, reduces pairs too, and gives 0 where there is nothing`, () => {
      const loss = new OnlineContrastiveLoss({ mining: "all", reducer });
      const again = OnlineContrastiveLoss.from(JSON.parse(JSON.stringify(loss.config)) as JsonObject);
      expect(again.config).to.deep.equal(loss.config);
      expect(judge(again, batch)).to.deep.equal(judge(loss, batch));
      for (const empty of [new TripletLoss({ reducer }), new OnlineContrastiveLoss({ reducer }), loss]) {
        const found = judge(empty, { embeddings: [[1, 2, 3, 4]], targets: { groups: [5] } });
        expect([found.value, ...found.gradient]).to.deep.equal([0, 0, 0, 0, 0]);
      }
    });
  }

  it("keep a term of its own for positives and negatives", () => {
    const found = judge(new OnlineContrastiveLoss({ mining: "all", reducer: new SumReducer() }), batch);
    expectClose((found.terms["positive"] ?? NaN) + (found.terms["negative"] ?? NaN), found.value);
  });

  it("refuse settings that mean nothing", () => {
    expect(() => new ThresholdReducer({})).to.throw(ConfigError, "at least one");
    expect(() => new ThresholdReducer({ low: 2, high: 1 })).to.throw(ConfigError, "below high");
    expect(() => new ClassWeightedReducer({ weights: [] })).to.throw(ConfigError, "weights");
    expect(() => new ClassWeightedReducer({ weights: [1, -1] })).to.throw(ConfigError, "weights[1]");
    expect(() => new MeanReducer({ extra: 1 } as never)).to.throw(ConfigError, "extra");
    expect(() => new TripletLoss({ miner: 3 as never, reducer: "mean" as never })).to.throw(
      ConfigError,
      /miner: expected a miner[^]*reducer: expected a reducer/u,
    );
  });

  it("of one's own work at once and are saved when they are registered", () => {
    const loss = new TripletLoss({ reducer: new Largest() });
    expect(judge(loss, batch).value).to.be.greaterThan(judge(new TripletLoss(), batch).value);
    expect(() => TripletLoss.from(loss.config)).to.throw(UnknownNameError, "registerReducer");
    registerReducer(Largest);
    expect(TripletLoss.from(loss.config).config).to.deep.equal(loss.config);
    class Other extends Largest {
      static override readonly type = "MeanReducer";
    }
    expect(() => {
      registerReducer(Other);
    }).to.throw(DuplicateNameError);
  });

  it("and miners are checked for losses of one's own", () => {
    class Own extends DistanceMatrixLoss {
      readonly config = {};
      constructor() {
        super({ miner: "hard" as never, reducer: 3 as never });
      }
      protected override judge(distances: tf.Tensor2D): Judgement {
        return { terms: { all: unitsOf(distances, tf.onesLike(distances)) } };
      }
    }
    expect(() => new Own())
      .to.throw(ConfigError, "Own")
      .with.property("problems")
      .that.deep.equals(['miner: expected a miner or null, got "hard"', "reducer: expected a reducer or null, got 3"]);
  });

  it("by class say when a loss has no anchors", () => {
    class Whole extends DistanceMatrixLoss {
      static readonly type = "WholeOfTheTest";
      readonly config = {};
      constructor() {
        super({ reducer: new ClassWeightedReducer({ weights: [1] }) });
      }
      protected override judge(distances: tf.Tensor2D): Judgement {
        return { terms: { all: unitsOf(tf.reshape(tf.sum(distances), [1]), tf.ones([1])) } };
      }
    }
    tf.tidy(() => {
      const given = { groups: tf.tensor1d(groups, "int32") };
      expect(() => new Whole().compute({}, tf.tensor2d(rows), given)).to.throw(UsageError, "use MeanReducer");
    });
  });
});
