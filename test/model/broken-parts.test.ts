import { expect } from "chai";
import { CacheConfig, ConfigError, DataError, PartError, Trainer, UsageError, type Transform } from "likewise";
import { LayersEncoder } from "likewise/encoders";
import { MultipleLosses } from "likewise/losses";
import { sgd } from "likewise/optim";
import * as tf from "likewise/tf";
import { failure } from "../support/failure.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyLoss, TinyModel, tinySamples } from "../support/tiny.js";

interface Parts {
  readonly encoder?: TinyEncoder | LayersEncoder;
  readonly cached?: boolean;
  /** What all items are filled with. */
  readonly items?: number;
  readonly head?: TinyHead;
  readonly loss?: TinyLoss;
  readonly optimizer?: Transform;
  /** Within another loss. */
  readonly nested?: boolean;
  readonly clipNorm?: number;
}

/** What training with these parts ends with. */
function failureOf(parts: Parts, engine: "eager" | "compiled"): Promise<Error> {
  const { encoder = new TinyEncoder(6), head = new TinyHead(6, 4), loss = new TinyLoss(), optimizer = sgd() } = parts;
  class Model extends TinyModel {
    override configureEncoders = () => ({ text: encoder });
    override configureHead = () => head;
    override configureLoss = () => (parts.nested === true ? new MultipleLosses<"group">({ only: loss }) : loss);
    override configureOptimizer = () => optimizer;
    override configureCaches = () => (parts.cached === true ? new CacheConfig() : null);
  }
  const trainer = new Trainer({ engine, progress: false, maxEpochs: 1, clipNorm: parts.clipNorm ?? null });
  const { items } = parts;
  const samples = tinySamples(4, 3).map(({ item, group }) => ({
    item: item.map((value) => items ?? value),
    group,
  }));
  const loaders = { train: new TinyLoader(samples, 6) };
  return failure(trainer.fit(new Model(), loaders, { parts: [TinyLoss] }));
}

function lossReturning(make: (embeddings: tf.Tensor2D) => unknown): TinyLoss {
  const loss = new TinyLoss();
  loss.compute = (_parameters, embeddings) => make(embeddings) as never;
  return loss;
}

function optimizerUpdating(update: (...given: Parameters<Transform["update"]>) => unknown): Transform {
  const initialize = (parameters: Parameters<Transform["initialize"]>[0]) => ({
    slot: tf.zerosLike(parameters["head/kernel"] as tf.Tensor),
  });
  return { type: "broken", config: {}, initialize, scalars: () => ({}), update: update as never, elementwise: true };
}

const advice = "return a scalar, such as tf.mean of the losses of all samples, or { value, weight, terms } of scalars";
const rowLosses = (embeddings: tf.Tensor2D): tf.Tensor => tf.sum(tf.square(embeddings), 1);
const returned: readonly (readonly [what: string, make: (embeddings: tf.Tensor2D) => unknown, said: string])[] = [
  ["a loss for each row", rowLosses, "a tensor [6]"],
  ["nothing", () => undefined, "undefined"],
  ["a number", () => 1, "1"],
  ["a promise", () => Promise.reject(new Error("nobody waits")), "a promise, but losses are not async"],
  [
    "a weight and a term that are no scalars",
    (rows) => ({ value: tf.mean(rowLosses(rows)), weight: 6, terms: { each: rowLosses(rows) } }),
    "{ value: a scalar, weight: 6, terms: { each: a tensor [6] } }",
  ],
];

for (const engine of ["eager", "compiled"] as const) {
  describe(`A part that is wrong, ${engine}`, () => {
    for (const [what, make, said] of returned) {
      it(`is named when it is a loss that returns ${what}`, async () => {
        const error = await failureOf({ loss: lossReturning(make) }, engine);
        expect(error).to.be.instanceOf(UsageError);
        expect(error.message).to.equal(`loss TinyLoss returned ${said}; ${advice}`);
      });
    }

    it("is named when it is a loss within another", async () => {
      const error = await failureOf({ loss: lossReturning(rowLosses), nested: true }, engine);
      expect(error.message).to.match(/^loss TinyLoss returned a tensor \[6\]/u);
    });

    it("is named when it throws, with its own error as the cause", async () => {
      const cause = new TypeError("boom");
      const broken = (): never => {
        throw cause;
      };
      const [encoder, head, loss] = [new TinyEncoder(6), new TinyHead(6, 4), new TinyLoss()];
      encoder.embed = broken;
      head.apply = broken;
      loss.compute = broken;
      const optimizer = optimizerUpdating(broken);
      const named = {
        'encoder "text" (TinyEncoder)': { encoder },
        "head (TinyHead)": { head },
        "loss (TinyLoss)": { loss },
        "optimizer (broken)": { optimizer },
      };
      for (const [part, parts] of Object.entries(named)) {
        const error = (await failureOf(parts, engine)) as PartError;
        expect(error).to.be.instanceOf(PartError);
        expect([error.code, error.message, error.part]).to.deep.equal(["PART", `${part} failed: boom`, part]);
        expect(error.cause).to.equal(cause);
      }
    });

    it("is named when it is a cached encoder, and when it is a tf.layers model that cannot look an id up", async () => {
      const encoder = new TinyEncoder(6);
      encoder.embed = () => Promise.reject(new TypeError("boom"));
      const cached = await failureOf({ encoder, cached: true }, engine);
      expect(cached.message).to.equal('encoder "text" (TinyEncoder) failed: boom');
      const { layers } = tf.layers;
      const lookUp = layers.embedding({ inputDim: 2, outputDim: 2 });
      // Behind another layer, so that what is looked up is not the item itself.
      const model = [layers.activation({ activation: "relu", inputShape: [6] }), lookUp, layers.flatten()];
      const layered = new LayersEncoder(tf.layers.sequential({ layers: model }));
      const error = await failureOf({ encoder: layered, head: new TinyHead(12, 4), items: 9 }, engine);
      expect(error).to.be.instanceOf(PartError);
      expect(error.message).to.match(/^encoder "text" \(LayersEncoder\) failed: GatherV2: the index value 9 /u);
    });

    it("keeps an error of this library as it is", async () => {
      const head = new TinyHead(6, 4);
      head.apply = () => {
        throw new DataError("mine");
      };
      const error = await failureOf({ head }, engine);
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.equal("mine");
    });

    it("is named when it is an optimizer that does not give what it promises", async () => {
      const zeros: Transform["update"] = (gradients, state) => ({
        updates: Object.fromEntries(Object.entries(gradients).map(([name, each]) => [name, tf.zerosLike(each)])),
        state: { ...state },
      });
      const problemsOf = async (update: (...given: Parameters<Transform["update"]>) => unknown) => {
        const error = (await failureOf({ optimizer: optimizerUpdating(update), clipNorm: 1 }, engine)) as ConfigError;
        expect(error).to.be.instanceOf(ConfigError);
        expect(error.who).to.equal("optimizer chain(clipGlobalNorm, broken)");
        return error.problems;
      };
      expect(await problemsOf((_gradients, state) => ({ updates: {}, state }))).to.deep.equal([
        'update returned undefined as updates of "head/kernel", expected float32 [6, 4]',
        'update returned undefined as updates of "loss/scale", expected float32 []',
      ]);
      expect(await problemsOf((...given) => ({ ...zeros(...given), state: {} }))).to.deep.equal([
        'update returned undefined as state of "broken.slot", expected float32 [6, 4]',
      ]);
      const scalars = await problemsOf((gradients, ...given) => {
        const { updates, state } = zeros(gradients, ...given);
        return { updates: { ...updates, "head/kernel": tf.scalar(1), other: tf.scalar(1) }, state };
      });
      expect(scalars).to.deep.equal([
        'update returned float32 [] as updates of "head/kernel", expected float32 [6, 4]',
        'update returned updates of "other", which is not among the gradients',
      ]);
    });
  });
}
