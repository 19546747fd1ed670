import { expect } from "chai";
import {
  ConfigError,
  DataError,
  type SimilarityModel,
  TrainableModel,
  Trainer,
  UsageError,
  type GroupSample,
} from "likewise";
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

  it("says what a collection looks like to callers without a compiler", async () => {
    const labels = new Map(corpus.map(([id]) => [id, "a"]));
    const wrong = {
      queries: Object.fromEntries(queries),
      corpus: undefined,
      relevant: { queries: labels, corpus: labels, related: 1 },
      sequences: { queries: {}, corpus: labels },
      ownIds: "same",
    };
    const error = await failure(evaluateModel(model, wrong as never));
    expect(error).to.be.instanceOf(ConfigError);
    expect((error as ConfigError).problems.map((problem) => problem.slice(0, 62))).to.deep.equal([
      "queries: expected a Map of items by id, got { apple: 'apple', ",
      "relevant.corpus: expected a function (id, item) => …, since th",
      "related: unknown option; known: queries, corpus, relevant",
      "sequences.queries: expected a Map of sequences by query id, go",
      "sequences.corpus: expected a function (id, item) => …, since t",
      'ownIds: expected true or false, got "same"',
      "corpus: expected pairs of id and item, as a list or a stream",
    ]);
    expect(error.message).to.contain("(id) => map.get(id)");
    const lists = new Map([["car", ["red-car"]]]);
    const grades = await failure(evaluateModel(model, { queries, corpus, relevant: lists as never }));
    expect(grades.message).to.contain('relevant: expected a Map of grades by document id for query "car"');
    expect(await failure(evaluateModel(model, null as never))).to.be.instanceOf(ConfigError);
  });

  const thingOf = (id: string): string => id.split("-")[1]!;
  const names = ["precision@5", "recall@5", "map@5", "ndcg@5", "mrr@5"] as const;

  it("takes labels in place of grades, compared by a function of one's own, however the corpus is cut", async () => {
    const sameSort = (one: unknown, other: unknown): boolean => one === other || (one === "car" && other === "house");
    const asked = new Map(things.map((thing) => [thing, thing]));
    for (const relation of [(one: unknown, other: unknown) => one === other, sameSort]) {
      const grades = new Map(
        things.map((thing) => [thing, new Map(corpus.map(([id]) => [id, Number(relation(thing, thingOf(id)))]))]),
      );
      const expected = await evaluateModel(model, { queries: asked, corpus, relevant: grades }, { k: [5] });
      const labels = { queries: asked, corpus: thingOf, ...(relation === sameSort ? { relevant: sameSort } : {}) };
      const report = await evaluateModel(model, { queries: asked, corpus, relevant: labels }, { k: [5], chunkSize: 6 });
      for (const name of names)
        expect(report.values[name].value, name).to.be.closeTo(expected.values[name].value, 1e-12);
      expect(report.rankings).to.deep.equal(expected.rankings);
    }
    const missing = { queries: new Map([["apple", 1]]), corpus: thingOf };
    const error = await failure(evaluateModel(model, { queries: asked, corpus, relevant: missing }));
    expect(error.message).to.contain('relevant.queries has no label for query "car"');
  });

  it("ignores documents of a query's sequence and those of its own id, as evaluateRetrieval does", async () => {
    const asked = new Map(corpus.slice(0, 9));
    const sequenceOf = (id: string): string | null => (id.startsWith("red") || id.startsWith("old") ? "first" : null);
    const sequences = {
      queries: new Map([...asked.keys()].flatMap((id) => (sequenceOf(id) === null ? [] : [[id, "first"] as const]))),
      corpus: sequenceOf,
    };
    const labels = { queries: new Map([...asked.keys()].map((id) => [id, thingOf(id)])), corpus: thingOf };
    const expected = await evaluateRetrieval({
      queries: await model.encode([...asked.values()]),
      corpus: await model.encode(corpus.map(([, item]) => item)),
      relevant: { queries: [...labels.queries.values()], corpus: corpus.map(([id]) => thingOf(id)) },
      sequences: { queries: [...asked.keys()].map(sequenceOf), corpus: corpus.map(([id]) => sequenceOf(id)) },
      ownRows: [...asked.keys()].map((id) => corpus.findIndex(([other]) => other === id)),
      k: [5],
      ranks: 4,
      distance: model.distance,
    });
    for (const chunkSize of [4, 100]) {
      const collection = { queries: asked, corpus, relevant: labels, sequences, ownIds: true };
      const report = await evaluateModel(model, collection, { k: [5], chunkSize, ranks: 4 });
      for (const name of names.slice(0, 4)) {
        expect(report.values[name].value, name).to.be.closeTo(expected[name as "map@5"], 1e-9);
      }
      expect(report.cmc).to.deep.equal(expected.cmc);
      expect(report.rankings.get("red-apple")!.some((id) => id.startsWith("red") || id.startsWith("old"))).to.equal(
        false,
      );
      const grades = new Map(
        [...asked.keys()].map((id) => [
          id,
          new Map(corpus.map(([other]) => [other, Number(thingOf(other) === thingOf(id))])),
        ]),
      );
      const graded = await evaluateModel(model, { ...collection, relevant: grades }, { k: [5], chunkSize });
      for (const name of names) expect(graded.values[name].value).to.be.closeTo(report.values[name].value, 1e-12);
    }
    const hidden = { queries: new Map([["red-apple", "a"]]), corpus: () => "a" };
    const alone = await evaluateModel(
      model,
      { queries: new Map([corpus[0]!]), corpus: [corpus[0]!], relevant: hidden, ownIds: true },
      { k: [1] },
    );
    expect([alone.queries, alone.excluded]).to.deep.equal([0, 1]);
    expect(alone.values["mrr@1"].value).to.be.NaN;
  });

  it("tells a curve of each class, and puts prompts before queries and documents", async () => {
    const classes = new Map(things.map((thing) => [thing, thing < "d" ? "known" : "unknown"]));
    const report = await evaluateModel(model, { queries, corpus, relevant }, { classes, ranks: 3 });
    const part = new Map([...relevant].filter(([thing]) => classes.get(thing) === "known"));
    const alone = await evaluateModel(model, { queries, corpus, relevant: part }, { ranks: 3 });
    expect(report.perClass["known"]!.cmc).to.deep.equal(alone.cmc);
    const prompted = await evaluateModel(
      model,
      { queries, corpus, relevant },
      { prompts: { query: "a ", document: "the " }, k: [20] },
    );
    const written = await evaluateModel(
      model,
      {
        queries: new Map([...queries].map(([id, item]) => [id, `a ${item}`])),
        corpus: corpus.map(([id, item]) => [id, `the ${item}`] as const),
        relevant,
      },
      { k: [20] },
    );
    expect(prompted.rankings).to.deep.equal(written.rankings);
    const wrong = await failure(
      evaluateModel(model, { queries, corpus, relevant }, { prompts: { queries: "a" } as never }),
    );
    expect(wrong.message).to.contain("queries: unknown option");
  });
});
