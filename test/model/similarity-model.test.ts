import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import {
  ConfigError,
  DataError,
  FileFormatError,
  SimilarityModel,
  TrainableModel,
  Trainer,
  UsageError,
  type GroupSample,
} from "likewise";
import { GroupLoader } from "likewise/data";
import { NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { TripletLoss } from "likewise/losses";
import { temporaryFolder } from "../support/folder.js";

class Words extends TrainableModel<"group", string> {
  override configureEncoders() {
    return { text: new NgramEncoder({ dimensions: 64 }) };
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 8 });
  }
  override configureLoss() {
    return new TripletLoss({ mining: "all" });
  }
}

const words = [
  "red apple",
  "green apple",
  "yellow apple",
  "fast car",
  "slow car",
  "old car",
  "big house",
  "small house",
  "new house",
];
const samples: GroupSample<string>[] = words.map((item) => ({ item, group: item.split(" ")[1] ?? "" }));

async function trained(): Promise<SimilarityModel<string>> {
  const train = new GroupLoader(samples, { balance: { groups: 3, perGroup: 3 } });
  return new Trainer({ progress: false, maxEpochs: 15 }).fit(new Words(), { train });
}

describe("SimilarityModel", () => {
  it("encodes in order, whatever the batch size, and one item as among many", async () => {
    await using model = await trained();
    const all = await model.encode(words);
    expect([all.rows, all.size, all.data.length]).to.deep.equal([9, 8, 72]);
    const few = await model.encode(words, { batchSize: 2 });
    few.data.forEach((value, at) => expect(value).to.be.closeTo(all.data[at] ?? NaN, 1e-6));
    const one = await model.encodeOne("slow car");
    one.forEach((value, at) => expect(value).to.be.closeTo(all.data[4 * 8 + at] ?? NaN, 1e-6));
    expect((await model.encode([])).rows).to.equal(0);
  });

  it("normalizes after truncating", async () => {
    await using model = await trained();
    const { data, size } = await model.encode(words, { truncate: 3, normalize: true });
    expect(size).to.equal(3);
    const whole = await model.encode(words);
    for (let row = 0; row < words.length; row += 1) {
      const vector = [...data.subarray(row * 3, row * 3 + 3)];
      const start = [...whole.data.subarray(row * 8, row * 8 + 3)];
      const length = Math.hypot(...start);
      vector.forEach((value, at) => expect(value).to.be.closeTo((start[at] ?? NaN) / length, 1e-6));
    }
  });

  it("finds what was taught alike more similar", async () => {
    await using model = await trained();
    expect(await model.similarity("red apple", "green apple")).to.be.greaterThan(
      await model.similarity("red apple", "old car"),
    );
    expect(await model.similarity("old car", "old car")).to.be.closeTo(1, 1e-5);
  });

  it("answers many callers at once", async () => {
    await using model = await trained();
    const expected = await model.encode(words);
    const answers = await Promise.all(words.map((word) => model.encodeOne(word)));
    answers.forEach((answer, row) =>
      answer.forEach((value, at) => expect(value).to.be.closeTo(expected.data[row * 8 + at] ?? NaN, 1e-6)),
    );
  });

  it("gives the same vectors in a new process, with nothing but its folder", async () => {
    await using folder = await temporaryFolder();
    await using model = await trained();
    const path = join(folder.path, "model");
    await model.save(path);
    const program = join(folder.path, "program.ts");
    await writeFile(
      program,
      `import { SimilarityModel } from ${JSON.stringify(new URL("../../lib/index.ts", import.meta.url).pathname)};
       const model = await SimilarityModel.load(${JSON.stringify(path)});
       const { data } = await model.encode(${JSON.stringify(words)});
       console.log(JSON.stringify([...data]));`.replace(/^ +/gmu, ""),
    );
    await writeFile(join(folder.path, "package.json"), '{"type":"module"}');
    const output = execFileSync(process.execPath, ["--conditions=likewise-source", "--import", "tsx", program], {
      encoding: "utf8",
    });
    const vectors = JSON.parse(output) as number[];
    const expected = await model.encode(words);
    expect(vectors).to.have.length(72);
    vectors.forEach((value, at) => expect(value).to.be.closeTo(expected.data[at] ?? NaN, 1e-6));
  });

  it("says what is wrong with options and items", async () => {
    await using model = await trained();
    const attempt = async (body: () => Promise<unknown>): Promise<unknown> => body().catch((error: unknown) => error);
    const wrong = await attempt(() => model.encode(words, { truncate: 9, batchSize: 0 }));
    expect(wrong).to.be.instanceOf(ConfigError);
    expect((wrong as ConfigError).problems).to.have.length(2);
    expect(await attempt(() => model.encode("red apple" as unknown as string[]))).to.be.instanceOf(UsageError);
    expect(await attempt(() => model.encode(["red apple", 7 as unknown as string]))).to.be.instanceOf(DataError);
    // The model still works after a refused batch.
    expect((await model.encode(words)).rows).to.equal(9);
  });

  it("refuses damaged and foreign folders with one clear error", async () => {
    await using folder = await temporaryFolder();
    await using model = await trained();
    const path = join(folder.path, "model");
    await model.save(path);
    const load = async (): Promise<unknown> => SimilarityModel.load(path).catch((error: unknown) => error);
    const json = await readFile(join(path, "model.json"), "utf8");
    const weights = await readFile(join(path, "weights.safetensors"));

    for (const broken of [
      "",
      "{",
      "[]",
      '{"format":"other"}',
      json.replace('"version": 1', '"version": 99'),
      json.replace('"distance": "cosine"', '"distance": 5'),
    ]) {
      await writeFile(join(path, "model.json"), broken);
      expect(await load(), broken.slice(0, 40)).to.be.instanceOf(FileFormatError);
    }
    const changed = json
      .replace('"outputSize": 8', '"outputSize": 9')
      .replace(/"outputSizes": \[\s*8\s*\]/u, '"outputSizes": [9]');
    await writeFile(join(path, "model.json"), changed);
    expect(((await load()) as Error).message).to.match(/model\.json: damaged: its content does not fit its checksum/u);
    const summed = /\n *"checksum": "crc32:[0-9a-f]{8}",/u;
    expect(json).to.match(summed);
    await writeFile(join(path, "model.json"), json.replace(summed, ""));
    const edited = await load();
    expect(edited, "a file without checksum is read").to.be.instanceOf(SimilarityModel);
    await (edited as SimilarityModel<string>)[Symbol.asyncDispose]();
    await writeFile(join(path, "model.json"), changed.replace(summed, ""));
    const misfit = await load();
    expect(misfit).to.be.instanceOf(FileFormatError);
    expect((misfit as Error).message).to.match(/parameters\/head\/.* has shape \[64, 8\], the model needs \[64, 9\]/u);

    await writeFile(join(path, "model.json"), json);
    await writeFile(join(path, "weights.safetensors"), weights.subarray(0, weights.length >> 1));
    expect(await load()).to.be.instanceOf(FileFormatError);
    expect(await SimilarityModel.load(join(folder.path, "nowhere")).catch((error: unknown) => error)).to.be.instanceOf(
      FileFormatError,
    );
    await mkdir(join(folder.path, "empty"));
    expect(await SimilarityModel.load(join(folder.path, "empty")).catch((error: unknown) => error)).to.be.instanceOf(
      FileFormatError,
    );
  });
});
