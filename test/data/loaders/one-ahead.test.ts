import { expect } from "chai";
import { PairLoader } from "likewise/data";
import { oneAhead } from "../../../data/loaders/one-ahead.js";
import { Random } from "../../../lib/random.js";
import { failure } from "../../support/failure.js";
import { listOf } from "../epoch.js";

const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

describe("Prefetch", () => {
  it("asks for one value ahead and never more", async () => {
    let asked = 0;
    const source = (async function* () {
      for (let value = 0; value < 5; value += 1) {
        asked = value + 1;
        yield await Promise.resolve(value);
      }
    })();
    const seen: number[] = [];
    for await (const value of oneAhead(source)) {
      await moment();
      seen.push(value);
      expect(asked).to.equal(Math.min(value + 2, 5));
    }
    expect(seen).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it("ends the source when the consumer stops, and only then", async () => {
    let returned = 0;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => {
        let next = 0;
        return {
          next: () =>
            Promise.resolve(
              next < 3 ? { value: next++, done: false as const } : { value: undefined, done: true as const },
            ),
          return: () => {
            returned += 1;
            return Promise.resolve({ value: undefined, done: true as const });
          },
        };
      },
    };
    for await (const value of oneAhead(source)) if (value === 1) break;
    expect(returned).to.equal(1);
    expect(await listOf(oneAhead(source))).to.deep.equal([0, 1, 2]);
    expect(returned).to.equal(1);
  });

  it("passes failures on in their turn, also when nobody asks for them", async () => {
    const failing = async function* () {
      yield 1;
      await moment();
      throw new Error("disk gone");
    };
    const seen: number[] = [];
    const error = await failure(async () => {
      for await (const value of oneAhead(failing())) seen.push(value);
    });
    expect([seen, error.message]).to.deep.equal([[1], "disk gone"]);
    for await (const value of oneAhead(failing())) if (value === 1) break;
    await moment();
  });

  it("is on for streams, where leaving an epoch early ends the user's iterator", async () => {
    let read = 0;
    let ended = 0;
    const samples = async function* () {
      try {
        for (;;) {
          read += 1;
          yield await Promise.resolve({ a: `a${read}`, b: `b${read}` });
        }
      } finally {
        ended += 1;
      }
    };
    const readWith = async (prefetch?: boolean): Promise<number> => {
      read = 0;
      const loader = new PairLoader(samples, {
        batchSize: 4,
        shuffle: false,
        ...(prefetch === undefined ? {} : { prefetch }),
      });
      for await (const { position } of loader.epoch({ epoch: 0, random: new Random(1), training: true })) {
        await moment();
        if (position === 2) break;
      }
      return read;
    };
    expect(await readWith(), "three batches and one ahead").to.equal(16);
    expect(await readWith(false)).to.equal(12);
    expect(ended).to.equal(2);
  });
});
