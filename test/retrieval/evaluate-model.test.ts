import { expect } from "chai";
import { DataError, type SimilarityModel, TrainableModel, Trainer, UsageError, type GroupSample } from "likewise";
import { GroupLoader } from "likewise/data";
import { NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { TripletLoss } from "likewise/losses";
import { evaluateModel, evaluateRetrieval } from "likewise/retrieval";
import { failure } from "../support/failure.js";

class Words extends TrainableModel<"group", string> {
  override configureEncoders() {
    return { text: new NgramEncoder({ dimensions: 64 }) };
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 8 });
  }
  override configureLoss() {
    return new TripletLoss();
  }
}

const colours = ["red", "green", "blue", "old", "new"];
const things = ["apple", "car", "house", "tree"];
const corpus = colours.flatMap((colour) =>
  things.map((thing) => [`${colour}-${thing}`, `${colour} ${thing}`] as const),
);
const queries = new Map([...things, "nothing"].map((thing) => [thing, thing]));
const relevant = new Map(
  things.map((thing) => [
    thing,
    new Map(corpus.map(([id]) => [id, id.endsWith(thing) ? (id.startsWith("red") ? 3 : 1) : 0])),
  ]),
);

describe("evaluateModel", () => {
  let model: SimilarityModel<string>;
  before(async () => {
    const samples = corpus.map(([, item]): GroupSample<string> => ({ item, group: item.split(" ")[1]! }));
    const train = new GroupLoader(samples, { balance: { groups: 4, perGroup: 3 } });
    model = await new Trainer({ progress: false, maxEpochs: 3 }).fit(new Words(), { train });
  });
  after(() => model[Symbol.asyncDispose]());

  it("tells the means of classes of queries, and their mean", async () => {
    const classes = new Map(things.map((thing) => [thing, thing < "d" ? "known" : "unknown"]));
    const report = await evaluateModel(model, { queries, corpus, relevant }, { k: [2], classes });
    const alone = await evaluateModel(
      model,
      { queries, corpus, relevant: new Map([...relevant].filter(([thing]) => classes.get(thing) === "known")) },
      { k: [2] },
    );
    const { known, unknown } = report.perClass;
    expect(Object.keys(report.perClass).sort()).to.deep.equal(["known", "unknown"]);
    expect([known!.queries, unknown!.queries]).to.deep.equal([2, 2]);
    for (const name of ["precision@2", "mrr@2", "ndcg@2"] as const) {
      expect(known![name]).to.be.closeTo(alone.values[name].value, 1e-12);
      expect(report.macro![name]).to.be.closeTo((known![name] + unknown![name]) / 2, 1e-12);
    }
    expect([alone.perClass, alone.macro]).to.deep.equal([{}, null]);
    const missing = await failure(evaluateModel(model, { queries, corpus, relevant }, { classes: new Map() }));
    expect(missing.message).to.contain('classes has no class for query "apple"');
  });

  it("gives what evaluateRetrieval gives, however the corpus is cut", async () => {
    const whole = await evaluateRetrieval({
      queries: await model.encode([...things]),
      corpus: await model.encode(corpus.map(([, item]) => item)),
      relevant: things.map((thing) => new Map(corpus.map(([id], at) => [at, relevant.get(thing)!.get(id)!]))),
      k: [1, 5],
      ranks: 20,
      distance: model.distance,
    });
    for (const chunkSize of [3, 20, 1000]) {
      const seen: number[] = [];
      const options = { k: [1, 5], chunkSize, batchSize: 7, onProgress: (n: number) => void seen.push(n) } as const;
      const report = await evaluateModel(model, { queries, corpus, relevant }, options);
      for (const name of ["precision@5", "recall@5", "hit-rate@1", "ndcg@5", "map@5"] as const) {
        expect(report.values[name].value, name).to.be.closeTo(whole[name], 1e-9);
      }
      expect([report.queries, report.excluded, report.documents]).to.deep.equal([4, 1, 20]);
      const { cmc } = await evaluateModel(
        model,
        { queries, corpus, relevant },
        { ...options, ranks: 20, onProgress: () => undefined },
      );
      expect(cmc).to.deep.equal(whole.cmc);
      expect(seen.at(-1)).to.equal(20);
      expect(seen.length).to.equal(Math.ceil(20 / chunkSize));
      expect(report.rankings.get("car")).to.have.length(5);
      const { low, high, value } = report.values["ndcg@5"];
      expect(low).to.be.at.most(value);
      expect(high).to.be.at.least(value);
    }
  });

  it("reads a corpus that comes piece by piece", async () => {
    async function* stream() {
      for (const document of corpus) yield await Promise.resolve(document);
    }
    const report = await evaluateModel(model, { queries, corpus: stream(), relevant }, { resamples: 0 });
    expect(report.documents).to.equal(20);
    expect(report.values["mrr@10"].low).to.be.NaN;
    expect(report.distance).to.equal("cosine");
  });

  it("names what is wrong with a collection", async () => {
    const twice = [...corpus, corpus[0]!];
    expect((await failure(evaluateModel(model, { queries, corpus: twice, relevant }))).message).to.include(
      '"red-apple"',
    );
    const foreign = new Map([["car", new Map([["yellow-car", 1]])]]);
    const missing = await failure(evaluateModel(model, { queries, corpus, relevant: foreign }));
    expect(missing).to.be.instanceOf(DataError);
    expect(missing.message).to.include('1 judged documents are not in the corpus: "yellow-car"');
    const unknown = new Map([["boat", new Map([["red-car", 1]])]]);
    expect(await failure(evaluateModel(model, { queries, corpus, relevant: unknown }))).to.be.instanceOf(UsageError);
  });
});
