import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import {
  CacheConfig,
  ConfigError,
  DataError,
  RetrievalEvaluation,
  type SimilarityModel,
  Trainer,
  UsageError,
  type HostTensors,
  type RetrievalEvaluationOptions,
  type Scalars,
  type TrainerOptions,
} from "likewise";
import { adamw } from "likewise/optim";
import { evaluateModel } from "likewise/retrieval";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";
import { plainDistance } from "../support/plain-distance.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

type Vector = readonly number[];
const parts = [TinyEncoder, TinyHead];
const train = new TinyLoader(tinySamples(6, 5), 10);
const validation = new TinyLoader(tinySamples(6, 2, 6, 2), 12);
/** Classes that training does not have, so that there is something left to find. */
const samples = tinySamples(9, 5, 6, 5);
const documents = samples.filter((_, at) => at % 5 > 0).map(({ item }, at) => [`document ${at}`, item] as const);
const queries = new Map(samples.filter((_, at) => at % 5 === 0).map(({ item }, at) => [`query ${at}`, item]));
const relevant = new Map(
  [...queries.keys()].map((name, query) => [
    name,
    new Map([0, 1, 2, 3].map((at) => [`document ${4 * query + at}`, at === 0 ? 2 : 1])),
  ]),
);
const collection = { queries, corpus: documents, relevant };
const few = ["mrr@10", "ndcg@10"] as const;

/** Moves fast, so that epochs differ. */
class FastModel extends TinyModel {
  override configureOptimizer() {
    return adamw({ learningRate: 0.2 });
  }
}

interface Run {
  readonly model: SimilarityModel<Vector>;
  /** What each validation logged. */
  readonly validations: readonly Scalars[];
  readonly message: string;
  readonly losses: readonly number[];
}

async function fit(
  options: Partial<RetrievalEvaluationOptions<Vector>> | null,
  { validates = true, ...settings }: TrainerOptions & { validates?: boolean } = {},
  resume?: "last",
): Promise<Run> {
  const callbacks = options === null ? [] : [new RetrievalEvaluation({ collection, measures: few, ...options })];
  const trainer = new Trainer({ progress: false, maxEpochs: 4, checkpoint: false, ...settings, callbacks });
  const seen = watch(trainer);
  const fitted = { ...(resume === undefined ? {} : { resume }), parts };
  const model = await trainer.fit(new FastModel(), { train, ...(validates ? { validation } : {}) }, fitted);
  return {
    model,
    validations: seen.of(validates ? "validationEnd" : "epochEnd").flatMap(({ values }) => {
      const { "validation/loss": loss, ...others } = values;
      return validates && loss === undefined ? [] : [others];
    }),
    message: seen.of("stopped")[0]!.message,
    losses: seen.losses(),
  };
}

const valuesOf = (validations: readonly Scalars[], name = "retrieval/ndcg@10"): (number | undefined)[] =>
  validations.map((values) => values[name]);

/** Mean reciprocal rank of the first relevant document among the ten nearest, by plain loops. */
async function plainMrr(model: SimilarityModel<Vector>): Promise<number> {
  const rowsOf = async (items: readonly Vector[]): Promise<number[][]> => {
    const { data, rows, size } = await model.encode(items);
    return Array.from({ length: rows }, (_, row) => [...data.subarray(row * size, (row + 1) * size)]);
  };
  const corpus = await rowsOf(documents.map(([, item]) => item));
  const asked = await rowsOf([...queries.values()]);
  const reciprocals = [...queries.keys()].map((name, query) => {
    const far = corpus.map((row) => plainDistance.cosine(asked[query]!, row));
    const order = [...far.keys()].sort((one, other) => far[one]! - far[other]!).slice(0, 10);
    const place = order.findIndex((at) => (relevant.get(name)?.get(documents[at]![0]) ?? 0) > 0);
    return place < 0 ? 0 : 1 / (place + 1);
  });
  return reciprocals.reduce((sum, value) => sum + value, 0) / reciprocals.length;
}

describe("RetrievalEvaluation", () => {
  it("logs at each validation what evaluateModel and plain loops find, under the names of the measures", async () => {
    const { model, validations } = await fit({ measures: undefined as never });
    await using fitted = model;
    expect(validations).to.have.length(4);
    const last = validations.at(-1)!;
    const { values } = await evaluateModel<Vector, number>(fitted, collection, { k: [1, 3, 5, 10, 100], resamples: 0 });
    const names = Object.keys(last).filter((name) => name.startsWith("retrieval/"));
    expect(names.sort()).to.deep.equal(
      [
        ...["hit-rate", "precision", "recall"].flatMap((name) => [1, 3, 5, 10].map((k) => `retrieval/${name}@${k}`)),
        ...["retrieval/mrr@10", "retrieval/ndcg@10", "retrieval/map@100"],
      ].sort(),
    );
    for (const name of names) {
      const measure = name.slice("retrieval/".length) as keyof typeof values;
      expect(last[name], name).to.be.closeTo(values[measure]!.value, 1e-6);
    }
    expect(last["retrieval/mrr@10"]).to.be.closeTo(await plainMrr(fitted), 1e-6);
    expect(new Set(valuesOf(validations)).size).to.be.greaterThan(1);
  });

  it("leaves training as it is, and is the same each time", async () => {
    const numbersOf = async (model: SimilarityModel<Vector>): Promise<HostTensors> => {
      await using own = model;
      return own.content.carried;
    };
    const without = await fit(null);
    const runs = [await fit({}), await fit({ chunkSize: 3, batchSize: 2 })];
    const expected = await numbersOf(without.model);
    for (const { model, losses } of runs) {
      expect(losses).to.deep.equal(without.losses);
      expect(await numbersOf(model)).to.deep.equal(expected);
    }
    valuesOf(runs[0]!.validations).forEach((value, at) =>
      expect(value).to.be.closeTo(valuesOf(runs[1]!.validations)[at]!, 1e-9),
    );
  });

  it("picks the best model, and stops a run: larger is better without saying so", async () => {
    const monitor = "retrieval/ndcg@10";
    const { model, validations } = await fit({}, { maxEpochs: 6, checkpoint: { monitor }, seed: 3 });
    await using best = model;
    const values = valuesOf(validations) as number[];
    // Not the last one, or this would show nothing.
    expect(Math.max(...values)).to.be.greaterThan(values.at(-1)!);
    const found = await evaluateModel(best, collection, { k: [10], resamples: 0 });
    expect(found.values["ndcg@10"].value).to.be.closeTo(Math.max(...values), 1e-6);
    const stopped = await fit({}, { earlyStopping: { monitor, stoppingThreshold: 0 } });
    await stopped.model[Symbol.asyncDispose]();
    expect(stopped.message).to.match(/^retrieval\/ndcg@10 reached/u);
  });

  it("evaluates now and then, judges only then, and goes on so after a resumption", async () => {
    await using folder = await temporaryFolder();
    const monitor = "retrieval/ndcg@10";
    const every = { every: 2, at: "validation" } as const;
    const patient = { monitor, patience: 2, minDelta: 10 };
    const stopped = await fit(every, { maxEpochs: 9, earlyStopping: patient });
    // 1 sets the best; 3 and 5 are not better.
    expect(valuesOf(stopped.validations).map((value) => value !== undefined)).to.deep.equal(
      [1, 2, 3, 4, 5].map((epoch) => epoch % 2 === 1),
    );
    const settings = { checkpoint: { monitor, saveTopK: -1 }, runDir: join(folder.path, "whole") };
    const whole = await fit(every, { ...settings, maxEpochs: 6 });
    // Three steps an epoch: what no evaluation judged is not kept.
    const kept = await readdir(join(settings.runDir, "run-1", "checkpoints"));
    expect(kept.filter((name) => name.startsWith("step")).sort()).to.deep.equal(["step15", "step3", "step9"]);
    const again = { ...settings, runDir: join(folder.path, "parts") };
    const first = await fit(every, { ...again, maxEpochs: 3 });
    const second = await fit(every, { ...again, maxEpochs: 6 }, "last");
    expect([...valuesOf(first.validations), ...valuesOf(second.validations)]).to.deep.equal(
      valuesOf(whole.validations),
    );
    for (const { model } of [stopped, whole, first, second]) await model[Symbol.asyncDispose]();
  });

  it("needs no validation at the end of epochs, and follows averaged parameters", async () => {
    const monitor = "late/mrr@10";
    const options = { at: "epoch", name: "late", measures: ["mrr@10"] } as const;
    const ema = { decay: 0.8 };
    const { model, validations } = await fit(options, {
      validates: false,
      ema,
      earlyStopping: { monitor, patience: 9 },
    });
    await using best = model;
    const values = valuesOf(validations, monitor) as number[];
    expect(values).to.have.length(4);
    expect(await plainMrr(best)).to.be.closeTo(Math.max(...values), 1e-6);
  });

  it("reads a corpus that can be read once by a function, a chunk at a time, and frozen vectors from the cache", async () => {
    let [given, runs] = [0, 0];
    const readBefore = new Set<number>();
    async function* stream() {
      runs += 1;
      for (const document of documents) {
        given += 1;
        yield await Promise.resolve(document);
      }
    }
    class Watching extends TinyEncoder {
      override embed(items: readonly Vector[]): Promise<Float32Array> {
        if (given > 0) readBefore.add(given);
        return super.embed(items);
      }
    }
    class Cached extends FastModel {
      override configureEncoders() {
        return new Watching(6);
      }
      override configureCaches() {
        return new CacheConfig();
      }
    }
    const model = new Cached();
    const callback = new RetrievalEvaluation<Vector>({
      collection: { ...collection, corpus: stream },
      measures: few,
      chunkSize: 5,
    });
    const trainer = new Trainer({ progress: false, maxEpochs: 3, checkpoint: false, callbacks: [callback] });
    const seen = watch(trainer);
    const before = TinyEncoder.encoded;
    const fitted = await trainer.fit(model, { train, validation }, { parts: [Watching] });
    const distinct = train.samples.length + validation.samples.length + queries.size + documents.length;
    expect([runs, given]).to.deep.equal([3, 3 * documents.length]);
    expect(TinyEncoder.encoded - before).to.equal(distinct);
    // Each chunk is encoded before the next one is read; later on all of it is known.
    expect([...readBefore]).to.deep.equal([5, 10, 15, 20, 25, 30, 35, 36]);
    const last = seen.of("validationEnd").at(-1)!.values;
    expect(last["retrieval/mrr@10"]).to.be.closeTo(await plainMrr(fitted), 1e-6);
    await fitted[Symbol.asyncDispose]();
    // Of a fitted model too.
    const told = await trainer.validate(model, validation);
    expect(told["retrieval/mrr@10"]).to.be.closeTo(last["retrieval/mrr@10"]!, 1e-6);
  });

  it("is NaN where nothing is to be found, and names what is wrong before training starts", async () => {
    const labels = { queries: new Map([...queries.keys()].map((name) => [name, "a"])), corpus: () => "b" };
    const { model, validations } = await fit({ collection: { ...collection, relevant: labels } }, { maxEpochs: 1 });
    await model[Symbol.asyncDispose]();
    expect(valuesOf(validations)[0]).to.be.NaN;
    const foreign = new Map([...relevant, ["query 1", new Map([["nowhere", 1]])] as const]);
    const missing = await failure(fit({ collection: { ...collection, relevant: foreign } }));
    expect(missing).to.be.instanceOf(DataError);
    const unknown = { ...collection, relevant: new Map([["nobody", new Map([["document 1", 1]])]]) };
    expect(() => new RetrievalEvaluation({ collection: unknown })).to.throw(UsageError, /"nobody"/u);
    const once = { ...collection, corpus: documents.values() };
    expect(() => new RetrievalEvaluation({ collection: once })).to.throw(ConfigError, /only once; give a function/u);
    const wrong = { measures: ["ndcg@0", "mrr@3", "mrr@3"], name: "train", at: "step", every: 0, chunkSize: 0, k: [1] };
    const given = { collection: {}, ...wrong } as never;
    const expected = ["queries", "relevant", "corpus", "measures", "twice", "name", "at", "every", "chunkSize", "k: "];
    for (const word of expected) expect(() => new RetrievalEvaluation(given)).to.throw(ConfigError, word);
    for (const measures of [[], "ndcg@10"]) {
      expect(() => new RetrievalEvaluation({ collection, measures: measures as never })).to.throw(
        /one measure or more/u,
      );
    }
    expect(() => new RetrievalEvaluation({ collection: null } as never)).to.throw(ConfigError, /collection: expected/u);
    const two = [new RetrievalEvaluation({ collection }), new RetrievalEvaluation({ collection })];
    expect(() => new Trainer({ callbacks: two })).to.throw(UsageError, /RetrievalEvaluation retrieval/u);
  });
});

describe("the model of a callback", () => {
  it("is given to those that declare it", async () => {
    const seen: number[] = [];
    const asking = (readsParameters: boolean) => ({
      ...{ name: "asking", readsParameters },
      async onTrainEpochEnd({ model }: { model: () => Promise<SimilarityModel<unknown>> }) {
        await using current = await model();
        seen.push((await current.encodeOne([1, 2, 3, 4, 5, 6])).length);
      },
    });
    const run = async (reads: boolean): Promise<SimilarityModel<Vector>> =>
      new Trainer({ progress: false, maxEpochs: 2, callbacks: [asking(reads)] }).fit(new TinyModel(), { train });
    expect((await failure(run(false))).message).to.contain("callback asking reads parameters; declare it");
    await (await run(true))[Symbol.asyncDispose]();
    expect(seen).to.deep.equal([4, 4]);
  });
});
