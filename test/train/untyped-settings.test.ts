import { expect } from "chai";
import { attach, ConfigError, TrainableModel, Trainer } from "likewise";
import { NgramEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import { RPrecision } from "likewise/metrics";
import { FrozenEncoder } from "../../lib/contracts/encoder.js";
import { AssemblyError } from "../../lib/errors.js";
import { failure } from "../engine/descend.js";
import { modelOf } from "../model/untrained-model.js";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";

/** As from JavaScript: the compiler would refuse it. */
const untyped = <T>(given: unknown): T => given as T;
const train = new TinyLoader(tinySamples(3, 4), 6);
const trained = modelOf({ text: new NgramEncoder({ dimensions: 8, idf: false }) }, (size) => new IdentityHead(size));
const quiet = { progress: false, checkpoint: false, maxSteps: 1 } as const;

async function problem(run: () => unknown): Promise<Error> {
  return failure(Promise.resolve().then(run));
}

describe("Settings without a compiler", () => {
  const settings: readonly (readonly [what: string, run: () => unknown, expected: RegExp])[] = [
    ["ema: true", () => new Trainer(untyped({ ema: true })), /ema\.expected an object with options, got true/u],
    ["earlyStopping: true", () => new Trainer(untyped({ earlyStopping: true })), /earlyStopping\.expected an object/u],
    ["a callback that is null", () => new Trainer({ callbacks: untyped([null]) }), /callbacks: number 0 is null/u],
    [
      "an unknown scope",
      () => attach(new RPrecision(), untyped({ scope: "stage" })),
      /scope: expected one of epoch, batch/u,
    ],
    [
      "an unknown stage",
      () => attach(new RPrecision(), untyped({ stages: ["fit"] })),
      /stages: expected some of train/u,
    ],
    ["no metric", () => attach(untyped<RPrecision>(undefined)), /expected a metric/u],
    [
      "an unknown loader",
      () => new Trainer(quiet).fit(new TinyModel(), untyped({ train, valid: train })),
      /valid: unknown option; known: train, validation/u,
    ],
    [
      "a trained model",
      () => new Trainer(quiet).fit(untyped<TinyModel>(trained), { train }),
      /model: expected a TrainableModel, got a trained SimilarityModel; .* this one as \{ from \}/u,
    ],
    [
      "the class of a model",
      () => new Trainer(quiet).fit(untyped<TinyModel>(TinyModel), { train }),
      /model: expected a TrainableModel, such as new MyModel\(\), got \[class TinyModel/u,
    ],
    [
      "no model",
      () => new Trainer(quiet).fit(untyped<TinyModel>(undefined), { train }),
      /model: expected .*, got undefined/u,
    ],
    [
      "an unknown option of fit",
      () => new Trainer(quiet).fit(new TinyModel(), { train }, untyped({ resum: "last" })),
      /resum: unknown option; known: resume/u,
    ],
    [
      "the controller for its signal",
      () => new Trainer(quiet).fit(new TinyModel(), { train }, { signal: untyped(new AbortController()) }),
      /signal: expected an AbortSignal/u,
    ],
    [
      "an unknown option of findLearningRate",
      () => new Trainer(quiet).findLearningRate(new TinyModel(), { train }, untyped({ step: 3 })),
      /step: unknown option; known: from, to, steps/u,
    ],
  ];
  for (const [what, run, expected] of settings)
    it(`${what} is refused`, async () => {
      const error = await problem(run);
      expect(error).to.be.instanceOf(ConfigError);
      expect(error.message).to.match(expected);
    });

  it("ema: false is off", () => {
    expect(new Trainer(untyped({ ema: false, earlyStopping: false })).config).to.include({
      ema: null,
      earlyStopping: null,
    });
  });

  it("what configureXbm and configureCaches return may be plain options, which are checked", async () => {
    class Wrong extends TinyModel {
      override configureXbm(): never {
        return untyped<never>({ bufferSize: 0 });
      }
      override configureCaches(): never {
        return untyped<never>({ saveDirectory: "x" });
      }
    }
    const error = await problem(() => new Trainer(quiet).fit(new Wrong(), { train }));
    expect(error).to.be.instanceOf(AssemblyError);
    expect(error.message)
      .to.match(/configureXbm: [^]*bufferSize/u)
      .and.match(/configureCaches: [^]*saveDirectory: unknown option/u);
  });

  it("an encoder without embeddingSize is named by its class", async () => {
    class Sizeless extends FrozenEncoder<number> {
      static readonly type = "Sizeless";
      readonly embeddingSize = untyped<number>(undefined);
      get config() {
        return {};
      }
      override fingerprint(): string {
        return "";
      }
      override embed(): Promise<never> {
        return Promise.reject(new Error("never asked"));
      }
    }
    class Model extends TrainableModel<"group", number> {
      override configureEncoders() {
        return untyped<FrozenEncoder<number>>(new Sizeless());
      }
      override configureHead = TinyModel.prototype.configureHead;
      override configureLoss = TinyModel.prototype.configureLoss;
    }
    const error = await problem(() => new Trainer(quiet).fit(new Model(), untyped({ train })));
    expect(error.message).to.match(
      /encoder "default" \(Sizeless\): embeddingSize must be a whole number from 1, got undefined/u,
    );
  });
});
