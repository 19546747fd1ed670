import { expect } from "chai";
import { Random } from "likewise";
import { PairLoader } from "likewise/data";

describe("The number of batches without repeated items", () => {
  it("is announced as that of a typical epoch, however often items repeat", async () => {
    const random = new Random(5);
    for (const items of [40, 80, 400]) {
      // Few items that many pairs share, as questions share an answer.
      const samples = Array.from({ length: 600 }, (_, a) => ({
        a,
        b: 1000 + Math.floor(items * random.uniform() ** 2),
      }));
      for (const dropLast of [false, true]) {
        const loader = new PairLoader<number>(samples, { batchSize: 16, dropLast });
        const announced = loader.batchesPerEpoch ?? NaN;
        for (const epoch of [0, 1, 2]) {
          let batches = 0;
          for await (const batch of loader.epoch({ epoch, random, training: true })) batches += Math.sign(batch.size);
          const off = Math.abs(batches - announced) / announced;
          expect(off, `${items} items, dropLast ${dropLast}: announced ${announced}, gave ${batches}`).to.be.lessThan(
            0.05,
          );
        }
      }
    }
  });
});
