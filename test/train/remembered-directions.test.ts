import { expect } from "chai";
import { Trainer, XbmConfig, type SimilarityLoss } from "likewise";
import { MultiSimilarityLoss, OnlineContrastiveLoss, TripletLoss } from "likewise/losses";
import { TripletMarginMiner } from "likewise/miners";
import { RingBuffer } from "../../lib/memory/ring-buffer.js";
import { expectClose } from "../support/close.js";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 10), 12);

class Remembering extends TinyModel {
  constructor(
    readonly loss: SimilarityLoss<"group">,
    readonly momentum: number | null,
  ) {
    super();
  }
  override configureLoss() {
    return this.loss;
  }
  override configureXbm() {
    return new XbmConfig({ bufferSize: 20, startStep: 2, momentum: this.momentum });
  }
}

/** Losses of a run, and the lengths of all rows that were remembered. */
async function run(
  loss: SimilarityLoss<"group">,
  momentum: number | null,
): Promise<{ losses: number[]; lengths: number[] }> {
  const lengths: number[] = [];
  const { push } = RingBuffer.prototype;
  RingBuffer.prototype.push = function (this: RingBuffer, rows, ...rest) {
    for (let row = 0; row < rows.rows; row += 1)
      lengths.push(Math.hypot(...rows.data.subarray(row * rows.size, (row + 1) * rows.size)));
    return push.call(this, rows, ...rest);
  };
  try {
    const trainer = new Trainer({ progress: false, maxEpochs: 3 });
    const seen = watch(trainer);
    await trainer.fit(new Remembering(loss, momentum), { train });
    return { losses: seen.losses(), lengths };
  } finally {
    RingBuffer.prototype.push = push;
  }
}

/** The same loss, remembering rows as they are. */
function withLengths<L extends SimilarityLoss<"group">>(loss: L): L {
  return Object.defineProperty(loss, "remembersDirections", { value: false });
}

describe("Remembered directions", () => {
  const losses = {
    TripletLoss: () => new TripletLoss({ mining: "hard" }),
    OnlineContrastiveLoss: () => new OnlineContrastiveLoss(),
    MultiSimilarityLoss: () => new MultiSimilarityLoss(),
  };
  for (const [name, make] of Object.entries(losses)) {
    for (const momentum of [null, 0.9]) {
      const how = momentum === null ? "" : ", with a slow copy of the encoder";
      it(`are rows of length 1, and give the losses that rows as they are give: ${name}${how}`, async () => {
        const [directions, rows] = [await run(make(), momentum), await run(withLengths(make()), momentum)];
        expect(directions.losses).to.have.length(15);
        expectClose(directions.losses, rows.losses, { relative: 1e-5 });
        for (const length of directions.lengths) expect(length).to.be.closeTo(1, 1e-5);
        expect(rows.lengths.some((length) => Math.abs(length - 1) > 0.01)).to.equal(true);
      });
    }
  }

  it("are not enough for distances that look at lengths, nor for miners, which may", () => {
    expect(new TripletLoss().remembersDirections).to.equal(true);
    expect(new TripletLoss({ distance: "euclidean" }).remembersDirections).to.equal(false);
    expect(new TripletLoss({ miner: new TripletMarginMiner() }).remembersDirections).to.equal(false);
  });
});
