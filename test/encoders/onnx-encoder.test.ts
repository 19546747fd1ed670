import { expect } from "chai";
import { OnnxEncoder } from "likewise/encoders";
import * as tf from "likewise/tf";
import { ConfigError, DataError } from "../../lib/errors.js";
import { expectClose } from "../support/close.js";
import { sharedPath } from "../support/shared.js";
import { savedAndLoaded } from "./running.js";

const FOLDER = "data/encoders/word2vec-sif-onnx";
const texts = ["my card has not arrived yet", "Where is my card?", "", "qqzzxx", "a bank and another bank account"];

describe("OnnxEncoder", () => {
  it("gives each text the row it gets alone, and the same after it was saved", async function () {
    const encoder = await OnnxEncoder.load(sharedPath(this, FOLDER));
    expect(encoder.embeddingSize).to.equal(300);
    const rows = await encoder.embed(texts);
    expect(rows.length).to.equal(texts.length * 300);
    expect(rows.every(Number.isFinite)).to.equal(true);
    for (const [i, text] of texts.entries()) {
      expectClose(await encoder.embed([text]), [...rows.subarray(i * 300, (i + 1) * 300)], { absolute: 1e-6 });
    }
    const again = savedAndLoaded(encoder);
    expect(again.fingerprint()).to.equal(encoder.fingerprint());
    expect([...(await again.embed(texts))]).to.deep.equal([...rows]);
    expect((await encoder.embed([])).length).to.equal(0);
  });

  it("pools token vectors by mean, first and last, in the graph as on its own", async function () {
    const path = sharedPath(this, FOLDER);
    const longest = await OnnxEncoder.load(path, { output: "token_embeddings", pooling: "mean" });
    const prints = new Set([longest.fingerprint()]);
    for (const pooling of ["mean", "cls", "last"] as const) {
      const encoder = await OnnxEncoder.load(path, { output: "token_embeddings", pooling, normalize: true });
      prints.add(encoder.fingerprint());
      const lone = await encoder.embed(["my bank card"]);
      expect(Math.hypot(...lone)).to.be.closeTo(1, 1e-5);
      const one = await OnnxEncoder.load(path, { output: "token_embeddings", pooling, normalize: true, maxLength: 1 });
      const word = pooling === "last" ? "card" : "my";
      if (pooling !== "mean") expectClose(await one.embed([word]), [...lone], { absolute: 1e-6 });

      const { vectors } = await encoder.onnxGraph();
      const numbers = tf.tidy(() => {
        const values = tf.tensor3d([1, 2, 3, 4, 9, 9, 5, 6, 7, 8, 9, 10], [2, 3, 2]);
        const attention_mask = tf.tensor2d([1, 1, 0, 1, 1, 1], [2, 3], "int32");
        return Array.from(vectors({ token_embeddings: values, attention_mask }).dataSync());
      });
      const [a, b] = { mean: [[2, 3], [7, 8]], cls: [[1, 2], [5, 6]], last: [[3, 4], [9, 10]] }[pooling] as [number[], number[]]; // prettier-ignore
      const unit = (row: number[]): number[] => row.map((x) => x / Math.hypot(...row));
      expectClose(numbers, [...unit(a), ...unit(b)], { absolute: 1e-6 });
    }
    expect(prints.size).to.equal(4);
  });

  it("cuts texts that are too long", async function () {
    const short = await OnnxEncoder.load(sharedPath(this, FOLDER), { maxLength: 2 });
    expect([...(await short.embed(["bank card and more"]))]).to.deep.equal([...(await short.embed(["bank card"]))]);
  });

  it("refuses options that do not fit the model, and items that are not texts", async function () {
    const path = sharedPath(this, FOLDER);
    const refused = async (options: object): Promise<unknown> =>
      OnnxEncoder.load(path, options).catch((e: unknown) => e);
    expect(await refused({ output: "other" }))
      .to.be.instanceOf(ConfigError)
      .with.property("message")
      .that.includes("other");
    expect(await refused({ pooling: "mean" })).to.be.instanceOf(ConfigError);
    expect(await refused({ output: "token_embeddings", pooling: "none" })).to.be.instanceOf(ConfigError);
    expect(await refused({ maxLength: 0 })).to.be.instanceOf(ConfigError);
    expect(await refused({ pool: "mean" })).to.be.instanceOf(ConfigError);
    const encoder = await OnnxEncoder.load(path);
    expect(await encoder.embed(["a", 3 as never]).catch((e: unknown) => e)).to.be.instanceOf(DataError);
  });
});
