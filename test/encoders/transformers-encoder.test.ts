import { join } from "node:path";
import { expect } from "chai";
import { OnnxEncoder, TransformersEncoder } from "likewise/encoders";
import { ConfigError, DataError, FileFormatError } from "../../lib/errors.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";
import { savedAndLoaded } from "./running.js";
import { ROWS, writeLanguageModel } from "./tiny-language-model.js";

const [, , RED, BELL, BICYCLE, THE] = ROWS as [number[], number[], number[], number[], number[], number[]];

describe("TransformersEncoder", () => {
  it("pools the tokens of a local model, without those that fill up, and cuts long texts", async () => {
    await using folder = await temporaryFolder();
    await writeLanguageModel(folder.path);
    const texts = ["The red bell", "bicycle"];
    const mean = RED.map((value, i) => (value + BELL[i]! + THE[i]!) / 3);
    const load = (options = {}) => TransformersEncoder.load(folder.path, options);
    const encoder = await load();
    expect(encoder.embeddingSize).to.equal(3);
    expectClose(await encoder.embed(texts), [...mean, ...BICYCLE], { absolute: 1e-6 });
    expectClose(await (await load({ pooling: "cls" })).embed(texts), [...THE, ...BICYCLE], { absolute: 1e-6 });
    expectClose(await (await load({ pooling: "last" })).embed(texts), [...BELL, ...BICYCLE], { absolute: 1e-6 });
    const short = await load({ pooling: "last", maxLength: 2, normalize: true });
    const unit = (row: number[]): number[] => row.map((value) => value / Math.hypot(...row));
    expectClose(await short.embed(texts), [...unit(RED), ...unit(BICYCLE)], { absolute: 1e-6 });
    expect((await encoder.embed([])).length).to.equal(0);
  });

  it("gives what OnnxEncoder gives for the same files, in one process", async () => {
    await using folder = await temporaryFolder();
    await writeLanguageModel(folder.path);
    const texts = ["the bell the bell", "a red zebra", "bicycle"];
    const native = await OnnxEncoder.load(join(folder.path, "onnx/model.onnx"), {
      tokenizer: join(folder.path, "tokenizer.json"),
      normalize: true,
    });
    const encoder = await TransformersEncoder.load(folder.path, { normalize: true });
    expectClose(await encoder.embed(texts), [...(await native.embed(texts))], { absolute: 1e-6 });
  });

  it("is saved by its folder and a checksum, and refuses a folder that has changed", async () => {
    await using folder = await temporaryFolder();
    await writeLanguageModel(folder.path);
    const encoder = await TransformersEncoder.load(folder.path);
    const again = savedAndLoaded(encoder);
    expect(again.fingerprint()).to.equal(encoder.fingerprint());
    expect([...(await again.embed(["red bell"]))]).to.deep.equal([...(await encoder.embed(["red bell"]))]);
    await writeLanguageModel(
      folder.path,
      ROWS.map((row) => row.map((value) => value + 1)),
    );
    const error = await failure(savedAndLoaded(encoder).embed(["red"]));
    expect(error).to.be.instanceOf(FileFormatError);
    expect(error.message).to.include("checksum");
    expect((await TransformersEncoder.load(folder.path)).fingerprint()).not.to.equal(encoder.fingerprint());
  });

  it("refuses wrong options, items that are no texts, and folders that hold no model", async () => {
    await using folder = await temporaryFolder();
    const wrong = { pooling: "none", dtype: "fp8", maxLength: 0, extra: 1 } as never;
    const error = await failure(TransformersEncoder.load(folder.path, wrong));
    expect(error).to.be.instanceOf(ConfigError);
    for (const part of ["pooling:", "dtype:", "maxLength:", "extra:"]) expect(error.message).to.include(part);
    expect(await failure(TransformersEncoder.load(folder.path))).to.be.instanceOf(FileFormatError);
    // The package remembers which files a folder lacked.
    const whole = join(folder.path, "whole");
    await writeLanguageModel(whole);
    const encoder = await TransformersEncoder.load(whole);
    expect(await failure(encoder.embed(["a", 1 as never]))).to.be.instanceOf(DataError);
  });
});
