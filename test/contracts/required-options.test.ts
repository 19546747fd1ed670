import { expect } from "chai";
import * as likewise from "likewise";
import { ConfigError } from "likewise";
import * as data from "likewise/data";
import * as encoders from "likewise/encoders";
import * as heads from "likewise/heads";
import * as losses from "likewise/losses";
import * as metrics from "likewise/metrics";
import * as miners from "likewise/miners";
import * as retrieval from "likewise/retrieval";
import { failure } from "../support/failure.js";

/** Whose constructor is not for users: they are made by a static method, a function or a trainer. */
const MADE_OTHERWISE = [
  ...["FrozenCopy", "FrozenField", "TrainableField", "GraphModelEncoder", "OnnxEncoder", "OnnxImageEncoder"],
  ...["TransformersEncoder", "WordVectorEncoder", "DistanceMatrixLoss", "Records", "SimilarityModel"],
  // Their first argument is a model or vectors.
  ...["ItemIndex", "NearestClassifier", "QuantizedVectors"],
];

const exported = Object.entries({
  ...losses,
  ...miners,
  ...heads,
  ...metrics,
  ...data,
  ...encoders,
  ...retrieval,
  KnownClasses: likewise.KnownClasses,
  RetrievalEvaluation: likewise.RetrievalEvaluation,
  XbmConfig: likewise.XbmConfig,
  CacheConfig: likewise.CacheConfig,
} as Readonly<Record<string, unknown>>);
const classes = exported.filter(
  (entry): entry is [string, new (...given: unknown[]) => unknown] =>
    typeof entry[1] === "function" &&
    /^class\s/u.test(Function.prototype.toString.call(entry[1])) &&
    !MADE_OTHERWISE.includes(entry[0]),
);

describe("A constructor that gets nothing it needs", () => {
  const valid = { heads: 3, loss: new losses.TripletLoss() };

  for (const [name, made] of classes) {
    it(`of ${name} throws a ConfigError, or needs nothing`, async () => {
      for (const given of [[], [valid.heads], [valid.loss]]) {
        const error = await failure(() => {
          new made(...given);
          throw new ConfigError("nothing was needed", []);
        });
        // Loaders take samples in many forms, and say so.
        if (error instanceof likewise.UsageError && error.message.includes("expected samples as")) continue;
        expect(error, `${name}: ${error.stack}`).to.be.instanceOf(ConfigError);
      }
    });
  }

  it("says what is expected", async () => {
    const messageOf = async (action: () => unknown): Promise<string> => (await failure(action)).message;
    const untyped = losses as unknown as Record<string, new (...given: unknown[]) => unknown>;
    const [ArcFace, Cache] = [untyped["ArcFaceLoss"]!, untyped["GradientCache"]!];
    expect(await messageOf(() => new ArcFace())).to.equal(
      "ArcFaceLoss:\n  - expected options such as { embeddingSize, groups }, got undefined",
    );
    expect(await messageOf(() => new Cache(valid.loss))).to.equal(
      "GradientCache:\n  - expected options such as { chunkSize: 64 }, got undefined",
    );
  });
});
