import { expect } from "chai";
import { AssemblyError, Trainer, type Head, type JsonObject } from "likewise";
import * as tf from "likewise/tf";
import { failure } from "../support/failure.js";
import { HalvedCosine } from "../support/plain-distance.js";
import { TinyHead, TinyLoader, TinyLoss, TinyModel, tinySamples } from "../support/tiny.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const quiet = { progress: false } as const;

describe("A model that could not be saved", () => {
  it("refuses parts whose configuration JSON does not keep, naming every place, before the first step", async () => {
    class Settings {
      readonly width = 2;
    }
    class Rich extends TinyHead {
      static override readonly type = "Rich";
      static override from({ inputSize, outputSize }: JsonObject): Rich {
        return new Rich(inputSize as number, outputSize as number);
      }
      override get config() {
        const { inputSize, outputSize } = this;
        const inner = { at: new Date(0), rows: [1, NaN, undefined], table: Float32Array.of(1), map: new Map([[1, 2]]) };
        const rest = {
          inner,
          "a key": 1n,
          sign: Symbol("x"),
          most: -Infinity,
          settings: new Settings(),
          absent: undefined,
        };
        return { inputSize, outputSize, act: tf.tanh, ...rest } as never;
      }
    }
    class Lost extends TinyModel {
      override configureHead(inputSize: number): Head {
        return new Rich(inputSize, 4);
      }
    }
    const error = await failure(new Trainer(quiet).fit(new Lost(), { train }));
    expect(error).to.be.instanceOf(AssemblyError);
    expect((error as AssemblyError).problems.map((problem) => problem.split(", which")[0])).to.deep.equal([
      "head: config.act is a function",
      "head: config.inner.at is an object of class Date",
      "head: config.inner.rows[1] is NaN",
      "head: config.inner.rows[2] is undefined",
      "head: config.inner.table is an object of class Float32Array",
      "head: config.inner.map is an object of class Map",
      'head: config["a key"] is a bigint',
      "head: config.sign is a symbol",
      "head: config.most is -Infinity",
      "head: config.settings is an object of class Settings",
      "head: config.absent is undefined",
    ]);
  });

  it("refuses a distance with the name of another, also one that the loss does not save", async () => {
    class Halved extends HalvedCosine {
      override readonly name = "cosine" as never;
    }
    class OwnLoss extends TinyLoss {
      static override readonly type = "OwnLoss" as "TinyLoss";
      override readonly distance = new Halved() as never;
      static override from(): OwnLoss {
        return new OwnLoss();
      }
    }
    class Impostor extends TinyModel {
      override configureLoss() {
        return new OwnLoss();
      }
    }
    const error = await failure(new Trainer(quiet).fit(new Impostor(), { train }));
    expect((error as AssemblyError).problems).to.have.length(1);
    expect(error.message).to.match(/configureLoss: distance "cosine" is the name of class Cosine; give Halved/u);
  });
});
