import { expect } from "chai";
import {
  AssemblyError,
  CacheConfig,
  SimilarityModel,
  TrainableModel,
  Trainer,
  type FrozenEncoder,
  type LossContext,
  type PairSample,
  type SimilarityLoss,
} from "likewise";
import { MixedLoader, PairLoader } from "likewise/data";
import { NgramEmbedding, NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import {
  CosineSimilarityLoss,
  EmbeddingDistillationLoss,
  GradientCache,
  GuidedMultipleNegativesRankingLoss,
  LossByDataset,
  MultipleLosses,
  MultipleNegativesRankingLoss,
} from "likewise/losses";
import { expectClose } from "../support/close.js";
import { temporaryFolder } from "../support/folder.js";
import { watch } from "../support/watch.js";

const words = ["red", "green", "blue", "shoe", "boot", "car", "bus", "tree", "leaf", "sky"];
const pairs = Array.from({ length: 20 }, (_, i): PairSample<string> => {
  const word = words[i % 10] as string;
  return { a: `${word} ${i}`, b: `${word} thing`, score: i % 3 === 0 ? 0.5 : 1 };
});
const train = new PairLoader<string>(pairs, { batchSize: 8, dropLast: false });

/** Counts what it is asked. */
class CountingGuide extends NgramEncoder {
  embedded = 0;
  override embed(items: readonly string[]): Promise<Float32Array> {
    this.embedded += items.length;
    return super.embed(items);
  }
}
const newGuide = (): CountingGuide => new CountingGuide({ idf: false, dimensions: 64 });

class Texts extends TrainableModel<"pair", string> {
  constructor(
    readonly loss: (context: LossContext) => SimilarityLoss<"pair">,
    readonly guide: FrozenEncoder<string> | null = null,
    readonly caches: CacheConfig | null = null,
  ) {
    super();
  }
  override configureEncoders() {
    return new NgramEmbedding({ idf: false, size: 8, buckets: 64 });
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 6, dropout: 0.2 });
  }
  override configureLoss(context: LossContext) {
    return this.loss(context);
  }
  override configureGuide() {
    return this.guide;
  }
  override configureCaches() {
    return this.caches;
  }
}

const ranking = (): SimilarityLoss<"pair"> => new MultipleNegativesRankingLoss();
const guided = ({ embeddingSize, guideSize }: LossContext): SimilarityLoss<"pair"> =>
  new MultipleLosses({
    rank: new GuidedMultipleNegativesRankingLoss({ temperature: 0.1 }),
    distill: new EmbeddingDistillationLoss({ kind: "pair", embeddingSize, guideSize, project: true }),
  });

const engines = ["eager", "compiled"] as const;

async function losses(
  model: Texts,
  engine: "eager" | "compiled",
  loader: PairLoader<string> | MixedLoader<"pair", string> = train,
): Promise<{ steps: number[]; values: Record<string, number>; fitted: SimilarityModel<string>; encoders: string[] }> {
  const trainer = new Trainer({ progress: false, engine, maxEpochs: 2, onNonFinite: "stop" });
  const { losses: steps } = watch(trainer);
  let values: Record<string, number> = {};
  const encoders: string[] = [];
  trainer.events$.subscribe((event) => {
    if (event.type === "epochEnd") values = event.values;
    if (event.type === "caching") encoders.push(event.encoder);
  });
  const fitted = await trainer.fit(model, { train: loader });
  return { steps: steps(), values, fitted, encoders };
}

describe("A guide", () => {
  it("is embedded once for each item, under the name guide in the caches, and gives both engines the same losses", async () => {
    const found = [];
    for (const engine of engines) {
      const guide = newGuide();
      const model = new Texts(guided, guide, new CacheConfig());
      const { steps, values, fitted, encoders } = await losses(model, engine);
      await using _fitted = fitted;
      expect(new Set(encoders)).to.deep.equal(new Set(["guide"]));
      expect(guide.embedded).to.equal(new Set(pairs.flatMap(({ a, b }) => [a, b])).size);
      expect(values["train/rank"]).to.be.greaterThan(0);
      expect(values["train/distill"]).to.be.greaterThan(0);
      found.push(steps);
    }
    expect(found[0]).to.have.length(6);
    expectClose(found[1], found[0], { relative: 1e-5 });
  });

  it("is not part of the model that is saved", async () => {
    await using folder = await temporaryFolder();
    const { fitted } = await losses(new Texts(guided, newGuide()), "eager");
    await using trained = fitted;
    await trained.save(folder.path);
    await using again = await SimilarityModel.load<string>(folder.path);
    expect(again.content.encoders.map(([name]) => name)).to.deep.equal(["default"]);
    expectClose((await again.encode(["red"])).data, (await trained.encode(["red"])).data);
  });

  it("must be the same when a run goes on", async () => {
    await using folder = await temporaryFolder();
    const options = { progress: false, engine: "eager", runDir: folder.path, maxEpochs: 1 } as const;
    await using _first = await new Trainer(options).fit(new Texts(guided, newGuide()), { train });
    const more = new Trainer({ ...options, maxEpochs: 2 });
    const other = new Texts(guided, new CountingGuide({ idf: false, dimensions: 64, lowercase: false }));
    const refused = await more.fit(other, { train }, { resume: "last" }).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
    expect(refused, refused).to.contain("guide: the checkpoint has");
    await using again = await more.fit(new Texts(guided, newGuide()), { train }, { resume: "last" });
    expect(again.embeddingSize).to.equal(6);
  });

  it("is asked for by losses that need one, and refused where none does", async () => {
    const refused = async (model: Texts): Promise<string> => {
      try {
        await (await losses(model, "eager")).fitted[Symbol.asyncDispose]();
        return "";
      } catch (error) {
        expect(error).to.be.instanceOf(AssemblyError);
        return (error as Error).message;
      }
    };
    const alone = (): SimilarityLoss<"pair"> => new GuidedMultipleNegativesRankingLoss();
    expect(await refused(new Texts(alone))).to.contain("but there is none; return a frozen encoder");
    expect(await refused(new Texts(ranking, newGuide()))).to.contain("does not look at the vectors of a guide");
    expect(await refused(new Texts(alone, new NgramEncoder()))).to.contain("fit it before");
  });
});

describe("Training in chunks", () => {
  it("gives the losses of whole batches, on both engines", async () => {
    const noDropout = (loss: () => SimilarityLoss<"pair">): Texts =>
      new (class extends Texts {
        override configureHead(inputSize: number) {
          return new DenseHead(inputSize, { outputSize: 6 });
        }
      })(loss);
    const whole = await losses(noDropout(ranking), "eager");
    await using _whole = whole.fitted;
    for (const engine of engines) {
      const chunked = await losses(
        noDropout(() => new GradientCache(ranking(), { chunkSize: 5 })),
        engine,
      );
      await using _chunked = chunked.fitted;
      expectClose(chunked.steps, whole.steps, { relative: 1e-5 });
    }
  });
});

describe("Several datasets", () => {
  const mixed = new MixedLoader<"pair", string>({
    questions: new PairLoader<string>(pairs.slice(0, 10), { batchSize: 5 }),
    judged: new PairLoader<string>(pairs.slice(10), { batchSize: 5 }),
  });
  const byDataset = (): SimilarityLoss<"pair"> =>
    new LossByDataset({
      questions: new GradientCache(new MultipleNegativesRankingLoss({ learnScale: true }), { chunkSize: 4 }),
      judged: new CosineSimilarityLoss(),
    });

  it("have a loss each, on both engines", async () => {
    const [eager, compiled] = [
      await losses(new Texts(byDataset), "eager", mixed),
      await losses(new Texts(byDataset), "compiled", mixed),
    ];
    await using _eager = eager.fitted;
    await using _compiled = compiled.fitted;
    expect(eager.steps).to.have.length(8);
    expectClose(compiled.steps, eager.steps, { relative: 1e-5 });
    // The ranking of five costs about log 5 at first, a squared difference of cosines below 1.
    expect(Math.max(...eager.steps)).to.be.greaterThan(1);
    expect(Math.min(...eager.steps)).to.be.lessThan(0.6);
  });

  it("must be named by the loader", async () => {
    const message = await losses(new Texts(byDataset), "eager", train).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
    expect(message).to.contain("a batch does not say which dataset it is from");
  });
});
