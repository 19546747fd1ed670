import { expect } from "chai";
import {
  ConfigError,
  KnownClasses,
  RetrievalEvaluation,
  Trainer,
  UsageError,
  type Group,
  type Results,
} from "likewise";
import { ClusterAgreement, HitRate, RPrecision } from "likewise/metrics";
import { plainDistance } from "../support/plain-distance.js";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const samples = tinySamples(9, 5);
const isKnown = (group: Group): boolean => Number(group) < 6;
const train = new TinyLoader(
  samples.filter(({ group }) => isKnown(group)),
  10,
);
/** Both sorts, mixed. */
const validation = new TinyLoader(
  samples.filter((_, at) => at % 5 < 3).map(({ item, group }) => ({ item: item.map((value) => value + 0.2), group })),
  8,
);

/** Keeps the rows of the last validation. */
class Watching extends TinyModel {
  rows: number[][] = [];
  groups: number[] = [];
  override processResults({ stage, embeddings, targets, batch }: Results<"group">): void {
    if (stage !== "validation") return;
    if (batch === 0) [this.rows, this.groups] = [[], []];
    for (let row = 0; row < embeddings.rows; row += 1) {
      this.rows.push([...embeddings.data.subarray(row * embeddings.size, (row + 1) * embeddings.size)]);
      this.groups.push(targets.groups[row]!);
    }
  }
}

/** R-precision of the rows that ask, among all rows, by plain loops. */
function plainRPrecision(rows: readonly number[][], groups: readonly number[], asks: (row: number) => boolean): number {
  const values = rows.flatMap((row, at) => {
    if (!asks(at)) return [];
    const others = [...rows.keys()].filter((other) => other !== at);
    others.sort((one, two) => plainDistance.cosine(row, rows[one]!) - plainDistance.cosine(row, rows[two]!));
    const relevant = others.filter((other) => groups[other] === groups[at]).length;
    if (relevant === 0) return [];
    return [others.slice(0, relevant).filter((other) => groups[other] === groups[at]).length / relevant];
  });
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("KnownClasses", () => {
  it("logs what plain loops find for classes of the train loader and for others, at each validation", async () => {
    const callback = new KnownClasses({ metrics: [new RPrecision(), new ClusterAgreement({ measure: "nmi" })] });
    const trainer = new Trainer({ progress: false, maxEpochs: 2, callbacks: [callback] });
    const seen = watch(trainer);
    const model = new Watching();
    await trainer.fit(model, { train, validation });
    const ends = seen.of("validationEnd").slice(-2);
    const { values } = ends[1]!;
    // Groups are numbered in the order of the train loader, so that those from 6 are unknown.
    expect(values["known/r-precision"]).to.be.closeTo(
      plainRPrecision(model.rows, model.groups, (row) => model.groups[row]! < 6),
      1e-6,
    );
    expect(values["unknown/r-precision"]).to.be.closeTo(
      plainRPrecision(model.rows, model.groups, (row) => model.groups[row]! >= 6),
      1e-6,
    );
    expect(values["known/nmi"]).to.be.within(0, 1);
    expect(ends[0]!.values["known/r-precision"]).to.not.equal(undefined);
    const tested = await trainer.test(model, validation);
    expect(tested["known/r-precision"]).to.be.closeTo(values["known/r-precision"]!, 1e-6);
  });

  it("takes a list of known labels, and is NaN for a part without rows", async () => {
    const callback = new KnownClasses({ metrics: [new HitRate()], known: [0, 1, 2, 3, 4, 5, 6, 7, 8] });
    const trainer = new Trainer({ progress: false, maxEpochs: 1, callbacks: [callback] });
    const seen = watch(trainer);
    await trainer.fit(new TinyModel(), { train, validation });
    const { values } = seen.of("validationEnd").at(-1)!;
    expect(values["known/hit-rate@1"]).to.be.within(0, 1);
    expect(values["unknown/hit-rate@1"]).to.be.NaN;
  });

  it("can be monitored: larger is better without saying so", async () => {
    const monitor = "unknown/r-precision";
    const stopped = async (stoppingThreshold: number): Promise<string> => {
      const callbacks = [new KnownClasses({ metrics: [new RPrecision()] })];
      const trainer = new Trainer({
        progress: false,
        maxEpochs: 2,
        callbacks,
        earlyStopping: { monitor, stoppingThreshold },
      });
      const seen = watch(trainer);
      await trainer.fit(new TinyModel(), { train, validation });
      return seen.of("stopped")[0]!.message;
    };
    expect(await stopped(0)).to.match(/unknown\/r-precision reached .*stoppingThreshold 0/u);
    expect(await stopped(1.1)).to.equal("2 epochs done (maxEpochs)");
  });

  it("warns, once each, when there is no validation to look at", async () => {
    const collection = { queries: new Map([["q", [1, 2, 3, 4, 5, 6]]]), corpus: [], relevant: new Map() };
    const evaluations = (["validation", "epoch"] as const).map(
      (at) => new RetrievalEvaluation({ collection, name: at === "epoch" ? "later" : "now", at } as never),
    );
    const callbacks = [new KnownClasses({ metrics: [new RPrecision()] }), ...evaluations.slice(0, 1)];
    expect(evaluations.map(({ readsValidation }) => readsValidation)).to.deep.equal([true, false]);
    const trainer = new Trainer({ progress: false, maxSteps: 1, callbacks });
    const seen = watch(trainer);
    await trainer.fit(new TinyModel(), { train });
    const told = seen.of("warning").filter(({ code }) => code === "NO_VALIDATION");
    expect(told.map(({ message }) => message.split(" looks")[0])).to.deep.equal([
      "KnownClasses",
      "RetrievalEvaluation now",
    ]);
  });

  it("reaches 1 for both when every class is a point of its own", async () => {
    const points = new TinyLoader(
      samples.map(({ group }) => ({ item: [0, 1, 2, 3, 4, 5].map((at) => Math.cos(Number(group) * (at + 1))), group })),
      9,
    );
    const trainer = new Trainer({
      progress: false,
      maxEpochs: 1,
      callbacks: [new KnownClasses({ metrics: [new RPrecision()] })],
    });
    const seen = watch(trainer);
    await trainer.fit(new TinyModel(), { train, validation: points });
    const { values } = seen.of("validationEnd").at(-1)!;
    expect([values["known/r-precision"], values["unknown/r-precision"]]).to.deep.equal([1, 1]);
  });

  it("refuses an empty list, names twice and samples without classes", () => {
    expect(() => new KnownClasses({ metrics: [] })).to.throw(ConfigError, /one metric or more/);
    expect(() => new KnownClasses({} as never)).to.throw(ConfigError, /one metric or more, got undefined/);
    expect(() => new KnownClasses({ metrics: [null, "r-precision"] } as never)).to.throw(
      ConfigError,
      /metrics\[0\]: expected a metric, got null\n.*metrics\[1\]: expected a metric/u,
    );
    expect(() => new KnownClasses({ metrics: [new RPrecision(), new RPrecision()], knows: 1 } as never)).to.throw(
      ConfigError,
      /called "r-precision"(.|\n)*knows: unknown/,
    );
    const callback = new KnownClasses({ metrics: [new RPrecision()] });
    const rows = {
      embeddings: { data: Float32Array.of(1), rows: 1, size: 1 },
      targets: { labels: Float32Array.of(1) },
    };
    const outcome = { stage: "validation", loss: 0, size: 1, rows } as const;
    expect(() => callback.onValidationBatchEnd(undefined as never, outcome)).to.throw(UsageError, /model of groups/);
  });
});
