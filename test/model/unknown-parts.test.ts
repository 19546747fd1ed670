import { expect } from "chai";
import { SimilarityModel, UnknownNameError, type JsonObject } from "likewise";
import { field, NgramEncoder } from "likewise/encoders";
import { TinyEncoder, TinyHead } from "../support/tiny.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";
import { modelOf } from "./untrained-model.js";

type Vectors = readonly number[];

class DensHead extends TinyHead {
  static override readonly type = "DensHead";
  static override from(config: JsonObject): DensHead {
    return new DensHead(config["inputSize"] as number, config["outputSize"] as number);
  }
}

/** What loading says of a model of these parts. */
async function refusal<Item>(...model: Parameters<typeof modelOf<Item>>): Promise<UnknownNameError> {
  await using folder = await temporaryFolder();
  await modelOf<Item>(...model).save(folder.path);
  const error = await failure(SimilarityModel.load(folder.path));
  expect(error).to.be.instanceOf(UnknownNameError);
  return error as UnknownNameError;
}

describe("A model with parts of one's own", () => {
  it("says first which classes are missing and how to give them, all at once", async () => {
    const error = await refusal<Vectors>({ vectors: new TinyEncoder(2) }, (size) => new TinyHead(size, 2));
    expect(error.message).to.equal(
      'encoder "TinyEncoder" is not known. Nor is head "TinyHead". If they are your own classes, pass them: ' +
        "{ parts: [TinyEncoder, TinyHead] }",
    );
    expect(error).to.include({ what: "encoder", given: "TinyEncoder" });
    expect(error.known).to.include("NgramEncoder").and.not.include("DenseHead");
  });

  it("names classes within others, and asks for a misspelling", async () => {
    const nested = await refusal({ words: field("vector", new TinyEncoder(2)) }, (size) => new TinyHead(size, 2));
    expect(nested.message).to.match(/^head "TinyHead" is not known. If it is your own class, pass it: /u);
    const near = await refusal<string>({ text: new NgramEncoder({ dimensions: 8 }) }, (size) => new DensHead(size, 2));
    expect(near.message).to.match(
      /^head "DensHead" is not known\. .*\{ parts: \[DensHead\] \}\. Did you mean "DenseHead"/u,
    );
    expect(near.message.length).to.be.below(200);
  });
});
