import { expect } from "chai";
import { MultipleLosses, TripletLoss } from "likewise/losses";
import { DenseHead } from "likewise/heads";
import { VectorEncoder } from "likewise/encoders";
import type { Kind } from "../../lib/contracts/samples.js";
import type { Assembled } from "../../lib/model/assemble.js";
import { standardParts } from "../../lib/standard-parts.js";
import { hasOwnCode } from "../../lib/train/own-code.js";
import { TinyEncoder, TinyHead, TinyLoss } from "../support/tiny.js";

describe("Whether a step has code of the user's", () => {
  const dense = new DenseHead(4, { outputSize: 2 });
  const triplets = new TripletLoss();
  const cases: readonly (readonly [
    what: string,
    parts: Readonly<Record<"encoder" | "head" | "loss", unknown>>,
    own: boolean,
  ])[] = [
    ["parts of the library", { encoder: new VectorEncoder(4), head: dense, loss: triplets }, false],
    ["a frozen encoder of one's own", { encoder: new TinyEncoder(4), head: dense, loss: triplets }, false],
    ["a head of one's own", { encoder: new VectorEncoder(4), head: new TinyHead(4, 2, 0), loss: triplets }, true],
    ["a loss of one's own", { encoder: new VectorEncoder(4), head: dense, loss: new TinyLoss() }, true],
    [
      "losses of the library in one",
      { encoder: new VectorEncoder(4), head: dense, loss: new MultipleLosses({ triplets }) },
      false,
    ],
    [
      "a loss of one's own within one",
      {
        encoder: new VectorEncoder(4),
        head: dense,
        loss: new MultipleLosses({ triplets, own: new TinyLoss() }),
      },
      true,
    ],
  ];
  for (const [what, { encoder, head, loss }, own] of cases)
    it(`${what}: ${own ? "yes" : "no"}`, async () => {
      const assembled = { encoders: [["default", encoder]], head, loss } as unknown as Assembled<Kind, never>;
      expect(hasOwnCode(assembled, await standardParts())).to.equal(own);
    });
});
