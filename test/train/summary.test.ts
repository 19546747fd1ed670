import { expect } from "chai";
import { formatSummary } from "../../lib/train/summary.js";

describe("The summary of a model", () => {
  it("calls encoders without parameters frozen, and says that other parts have none", () => {
    const row = { outputSize: 6, parameters: 0, trainable: false };
    const printed = formatSummary([
      { ...row, part: "encoders/text", type: "NgramEncoder" },
      { ...row, part: "encoders/words", type: "NgramEmbedding", parameters: 1200, trainable: true },
      { ...row, part: "head", type: "IdentityHead" },
      { ...row, part: "loss", type: "TripletLoss", outputSize: null },
    ]);
    expect(printed.split("\n").map((line) => line.split(/ +/u).at(-1))).to.deep.equal([
      "parameters",
      "frozen",
      "1,200",
      "none",
      "none",
    ]);
  });
});
