import { expect } from "chai";
import { FrozenEncoder, type Metric, type HostMatrix } from "likewise";
import { sgd, type Transform } from "likewise/optim";
import { RPrecision } from "likewise/metrics";
import { checkEncoder, checkMetric, checkOptimizer } from "likewise/testing";
import * as tf from "likewise/tf";
import { failure } from "../support/failure.js";

class ListEncoder extends FrozenEncoder<number> {
  static readonly type = "ListEncoder";
  readonly embeddingSize = 1;
  readonly config = {};
  constructor(readonly made: (numbers: readonly number[]) => unknown = (numbers) => Float32Array.from(numbers)) {
    super();
  }
  static from(): ListEncoder {
    return new ListEncoder();
  }
  override embed(items: readonly number[]): Promise<Float32Array> {
    return Promise.resolve(this.made(items) as Float32Array);
  }
  override fingerprint(): string {
    return "list";
  }
}

/** As it should be, but for what `changes` says. */
function changedMetric(changes: Partial<Metric<"group">>): Metric<"group"> {
  return Object.assign(new RPrecision() as Metric<"group">, changes);
}

describe("Checks for parts of one's own find", () => {
  it("an encoder that gives no Float32Array", async () => {
    for (const [made, shown] of [
      [(numbers: readonly number[]) => Float64Array.from(numbers), "Float64Array(2) [ 1, 2 ]"],
      [(numbers: readonly number[]) => [...numbers], "[ 1, 2 ]"],
    ] as const)
      expect((await checkEncoder(new ListEncoder(made), [1, 2]))[0]).to.equal(
        `embed gives ${shown}, it must give one Float32Array`,
      );
  });

  it("a metric that writes into the embeddings it is lent", async () => {
    const metric = new RPrecision() as Metric<"group">;
    const update = metric.update.bind(metric);
    const scaling = changedMetric({
      update: (embeddings, targets) => {
        update(embeddings, targets);
        scale(embeddings);
      },
      value: () => metric.value(),
      reset: () => {
        metric.reset();
      },
    });
    expect(await checkMetric(scaling)).to.deep.equal([
      "update writes into arrays that it only borrows: metrics after it see other numbers",
    ]);
  });

  it("a metric of a kind that is none, or with a value that is no number", async () => {
    expect(await checkMetric(changedMetric({ kinds: ["grup"] as never }))).to.deep.equal([
      'kinds: "grup" is none; known: group, pair, tuple, label',
    ]);
    expect(await checkMetric(changedMetric({ value: () => Promise.resolve(".25" as never) }))).to.deep.equal([
      'the value is ".25", it must be a number',
    ]);
  });

  it("options of a check that are misspelt, and nothing where a metric belongs", async () => {
    expect((await failure(checkMetric(new RPrecision(), { knd: "group" } as never))).message).to.include(
      "knd: unknown option; known: kind, perfect, ordered, seed",
    );
    expect((await failure(checkMetric(undefined as never))).message).to.include("checkMetric:\n  - expected a metric");
  });

  it("an optimizer that divides by the length of a gradient", async () => {
    const base = sgd();
    const normalized: Transform = {
      ...base,
      elementwise: false,
      update: (gradients) => ({
        updates: Object.fromEntries(
          Object.entries(gradients).map(([name, gradient]) => [name, tf.div(gradient, tf.norm(gradient))]),
        ),
        state: {},
      }),
    };
    expect((await checkOptimizer(normalized)).join("\n")).to.match(
      /^update of zero gradients gives numbers that are not finite: update\/.* is NaN$/u,
    );
  });
});

function scale({ data }: HostMatrix): void {
  data.forEach((value, i) => (data[i] = 2 * value));
}
