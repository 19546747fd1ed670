import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { DataError, Random, type Loader } from "likewise";
import { LabelLoader, readJsonLines } from "likewise/data";
import { KeptItem } from "../../lib/cache/kept-items.js";
import { LoadedItems } from "../../lib/train/loaded-items.js";
import { listOf } from "../data/epoch.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";

const ROWS = 40;

async function write(path: string, more = ""): Promise<void> {
  await writeFile(path, Array.from({ length: ROWS }, (_, i) => `{"item":"text ${i}${more}","label":${i}}\n`).join(""));
}

/** A file of labels; the loader over it, and what stands for it once it was gone through. */
async function opened(path: string) {
  await write(path);
  const samples = readJsonLines<{ item: string; label: number }>(path);
  const loader: Loader<"label", string> = new LabelLoader(samples, { batchSize: 4, shuffleBuffer: 8 });
  const reasons: string[] = [];
  const options = { keeps: true, numbers: false, onReadAgain: (reason: string) => void reasons.push(reason) };
  const loaded = new LoadedItems<"label", string>(loader, options);
  await listOf(loaded.blocks(16));
  return { loader, kept: loaded.loader, reasons };
}

const request = (epoch: number, skip = 0) => ({ epoch, skip, random: new Random(3), training: true });

/** What a kept item stands for, read as caches do when a vector is missing. */
async function readOne(item: unknown): Promise<string> {
  const { source, place } = item as KeptItem<string>;
  const [read] = await source.read([place]);
  return read!;
}

describe("Places of a stream", () => {
  it("give way to the stream from where a vector was missing, with the same batches", async () => {
    await using folder = await temporaryFolder();
    const { loader, kept, reasons } = await opened(join(folder.path, "rows.jsonl"));
    for (const epoch of [0, 1, 2]) {
      const expected = await listOf(loader.epoch(request(epoch, 1)));
      const given: (readonly unknown[])[] = [];
      let at = 0;
      for await (const batch of kept.epoch(request(epoch, 1))) {
        const { items: _, ...rest } = batch;
        const { items: wanted, ...others } = expected[at]!;
        expect(rest).to.deep.equal(others);
        const isKept = (batch.items[0] as unknown) instanceof KeptItem;
        expect(isKept, `epoch ${epoch}, batch ${at}`).to.equal(epoch < 2 && at <= 3);
        if (!isKept) expect(batch.items).to.deep.equal(wanted);
        else if (at === 3) expect(await readOne(batch.items[1])).to.equal(wanted[1]);
        given.push(batch.items);
        at += 1;
      }
      expect(given).to.have.length(expected.length);
    }
    expect(reasons).to.have.length(1);
    expect(reasons[0]).to.match(/their vectors find no room/u);
  });

  it("are refused with one error when a vector is missing and the file is another", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "rows.jsonl");
    for (const change of [() => write(path, "!"), () => writeFile(path, '{"item":"a","label":1}\n'), () => rm(path)]) {
      const { kept } = await opened(path);
      const [first] = await listOf(kept.epoch(request(0)));
      await change();
      expect(await failure(readOne(first!.items[0]))).to.be.instanceOf(DataError);
    }
  });
});
