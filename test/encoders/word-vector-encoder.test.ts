import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { WordVectorEncoder, type WordVectorOptions } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import { ConfigError, DataError, FileFormatError, UsageError } from "../../lib/errors.js";
import { modelOf } from "../model/untrained-model.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";
import { each, savedAndLoaded } from "./running.js";

const LINES = ["the 1 0 -1", "cat 0.5 2 3e-1", "don't 4 4 4", "New York 7 8 9", "bank -2 0 1"];
const table: Record<string, number[]> = { the: [1, 0, -1], cat: [0.5, 2, 0.3], bank: [-2, 0, 1] };

async function written(folder: string, content: string | Uint8Array, name = "vectors.txt"): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

async function load(content: string | Uint8Array, options: WordVectorOptions = {}, name = "vectors.txt") {
  await using folder = await temporaryFolder();
  return await WordVectorEncoder.load(await written(folder.path, content, name), options);
}

function binary(words: readonly string[], rows: readonly (readonly number[])[], header?: string): Buffer {
  const size = rows[0]?.length ?? 0;
  const pieces = words.flatMap((word, i) => [
    Buffer.from(`${word} `),
    Buffer.from(Float32Array.from(rows[i] ?? []).buffer),
    Buffer.from("\n"),
  ]);
  return Buffer.concat([Buffer.from(header ?? `${words.length} ${size}\n`), ...pieces]);
}

describe("WordVectorEncoder", () => {
  it("pools the vectors of a text's words by mean, least and greatest, alone and one after the other", async () => {
    const text = "The cat, the BANK; zzz";
    const rows = [table["the"], table["cat"], table["the"], table["bank"]] as number[][];
    const by = (pool: (values: number[]) => number): number[] => [0, 1, 2].map((i) => pool(rows.map((row) => row[i]!)));
    const mean = by((values) => values.reduce((sum, value) => sum + value, 0) / 4);
    const [least, greatest] = [by((values) => Math.min(...values)), by((values) => Math.max(...values))];
    const content = LINES.join("\n");
    expectClose(await (await load(content)).embed([text]), mean, { absolute: 1e-6 });
    expectClose(await (await load(content, { pooling: "min" })).embed([text]), least, { absolute: 1e-6 });
    const all = await load(content, { pooling: ["max", "mean", "min"] });
    expect(all.embeddingSize).to.equal(9);
    expectClose(await all.embed([text]), [...greatest, ...mean, ...least], { absolute: 1e-6 });
    expect([...(await all.embed(["", "zzz qqq"]))]).to.deep.equal(new Array(18).fill(0));
  });

  it("reads text with and without a first line, Windows line ends, tabs, words with spaces, and the binary form alike", async () => {
    const [plain, header, windows, tabs] = await Promise.all([
      load(LINES.join("\n")),
      load(`5 3\n${LINES.join("\n")}\n`),
      load(`${LINES.join("\r\n")}\r\n`),
      load(LINES.map((line) => line.replaceAll(" ", "\t").replace("New\tYork", "New York")).join("\n")),
    ]);
    const words = Object.keys(table);
    const compact = await load(binary(words, Object.values(table)), {}, "vectors.bin");
    const items = ["the cat", "bank", "don't"];
    const expected = [...(await plain.embed(items))];
    for (const one of [header, windows, tabs]) expect([...(await one.embed(items))]).to.deep.equal(expected);
    expect([...(await compact.embed(["the cat", "bank"]))]).to.deep.equal(expected.slice(0, 6));
    expect(plain.weights["vectors"]?.shape).to.deep.equal([5, 3]);
  });

  it("falls apart joined words that have no vector", async () => {
    const encoder = await load(LINES.join("\n"));
    expect([...(await encoder.embed(["don't"]))]).to.deep.equal([4, 4, 4]);
    expect([...(await encoder.embed(["cat-bank"]))]).to.deep.equal([...(await encoder.embed(["cat bank"]))]);
  });

  it("keeps wanted words only, or those at the beginning of the file", async () => {
    const some = await load(LINES.join("\n"), { words: ["bank", "cat", "dog"] });
    expect(some.weights["vectors"]?.shape).to.deep.equal([2, 3]);
    expect([...(await some.embed(["the", "bank"]))]).to.deep.equal([0, 0, 0, -2, 0, 1]);
    const first = await load(`5 3\n${LINES.join("\n")}`, { limit: 2 });
    expect(first.weights["vectors"]?.shape).to.deep.equal([2, 3]);
    expect(await failure(load(LINES.join("\n"), { words: ["dog"] }))).to.be.instanceOf(DataError);
    const compact = await load(binary(["the", "cat"], [table["the"]!, table["cat"]!]), { limit: 1, format: "binary" });
    expect(compact.weights["vectors"]?.shape).to.deep.equal([1, 3]);
  });

  it("finds words whatever their case in the file and in the text, and however their letters are composed", async () => {
    const cased = [
      "Grün 1 0",
      "grün 2 0",
      "GRÜN 3 0",
      "Straße 4 0",
      "ΟΔΟΣ 5 0",
      "Москва 6 0",
      "cafe\u0301 7 0",
      "NASA 8 0",
      "nasa 9 0",
    ];
    const encoder = await load(cased.join("\n"));
    const texts = ["Grün", "GRU\u0308N", "STRASSE straße", "οδος", "МОСКВА", "Caf\u00e9", "Nasa"];
    // The word that is in lower case itself is taken before those that are brought to it.
    expect([...(await encoder.embed(texts))]).to.deep.equal([2, 0, 2, 0, 4, 0, 5, 0, 6, 0, 7, 0, 9, 0]);
    for (const line of cased) {
      const [word = ""] = line.split(" ");
      expect([...(await encoder.embed([word]))], word).not.to.deep.equal([0, 0]);
    }
    expect([...(await (await load("Bär 1 0\nBÄR 2 0")).embed(["bär"]))]).to.deep.equal([1, 0]);
    const again = savedAndLoaded(encoder);
    expect([...(await again.embed(texts))]).to.deep.equal([...(await encoder.embed(texts))]);
    expect(again.fingerprint()).to.equal(encoder.fingerprint());
    const exact = await load(cased.join("\n"), { lowercase: false });
    expect([...(await exact.embed(["Grün", "GRÜN", "Nasa", "caf\u00e9"]))]).to.deep.equal([1, 0, 3, 0, 0, 0, 7, 0]);
    expect(exact.fingerprint()).not.to.equal(encoder.fingerprint());
  });

  it("keeps wanted words whatever their case, with their counts", async () => {
    await using folder = await temporaryFolder();
    const file = await written(folder.path, "Grün 1 0\nBlau 2 0\nNew York 4 0\nrot 8 0");
    for (const store of ["weights", "reference"] as const) {
      const words = ["grün", "BLAU", "new york"];
      const sif = { a: 1, counts: { grün: 1, GRÜN: 2, blau: 1 } };
      const encoder = await WordVectorEncoder.load(file, { words, sif, store });
      const texts = ["GRÜN", "blau", "rot"];
      const expected = [1 / 1.75, 0, 2 / 1.25, 0, 0, 0];
      expectClose(await encoder.embed(texts), expected, { absolute: 1e-6 });
      expectClose(await savedAndLoaded(encoder).embed(texts), expected, { absolute: 1e-6 });
      expect(encoder.weights["sif"]?.shape).to.deep.equal([3]);
    }
  });

  it("leaves unknown words out, counts them as zeros, or refuses them with their place", async () => {
    const zeros = await load(LINES.join("\n"), { unknown: "zero" });
    expectClose(await zeros.embed(["the zzz"]), [0.5, 0, -0.5], { absolute: 1e-6 });
    const strict = await load(LINES.join("\n"), { unknown: "error" });
    const error = await failure(strict.embed(["the", "a zzz"]));
    expect(error).to.be.instanceOf(DataError);
    expect(error.message).to.include('item 1, "a zzz": the word "a"');
    const exact = await load(LINES.join("\n"), { lowercase: false });
    expect([...(await exact.embed(["THE"]))]).to.deep.equal([0, 0, 0]);
  });

  it("weighs words by a / (a + p), p by their position or by counts", async () => {
    const byRank = await load(LINES.join("\n"), { sif: { a: 0.1 }, words: ["the", "bank"] });
    const harmonic = 1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5;
    const [the, bank] = [1, 5].map((rank) => 0.1 / (0.1 + 1 / (rank * harmonic))) as [number, number];
    expectClose(await byRank.embed(["the bank"]), [(the - 2 * bank) / 2, 0, (bank - the) / 2], { absolute: 1e-6 });
    const counted = await load(LINES.join("\n"), { sif: { counts: { the: 3, bank: 1 } } });
    const [often, seldom] = [1e-3 / (1e-3 + 0.75), 1e-3 / (1e-3 + 0.25)];
    expectClose(await counted.embed(["the", "bank"]), [often, 0, -often, -2 * seldom, 0, seldom], { absolute: 1e-6 });
    expect(counted.fitted).to.equal(true);
  });

  it("takes out what texts have in common: nothing is left along the first direction of the train set", async () => {
    const options: WordVectorOptions = { sif: { a: 1, commonComponent: true } };
    const encoder = await load(LINES.join("\n"), options);
    expect(encoder.fitted).to.equal(false);
    expect(await failure(encoder.embed(["the"]))).to.be.instanceOf(UsageError);
    const texts = ["the cat", "cat", "bank", "don't the"];
    const before = encoder.fingerprint();
    await encoder.fit(each(texts));
    expect(encoder.fingerprint()).not.to.equal(before);
    const direction = encoder.weights["component"]?.data as Float32Array;
    expect(Math.hypot(...direction)).to.be.closeTo(1, 1e-5);
    const plain = await (await load(LINES.join("\n"), { sif: { a: 1 } })).embed(texts);
    const along = (row: ArrayLike<number>): number => [0, 1, 2].reduce((sum, i) => sum + row[i]! * direction[i]!, 0);
    const energy = (one: ArrayLike<number>): number =>
      [0, 1, 2, 3].reduce((sum, row) => {
        const dot = [0, 1, 2].reduce((total, i) => total + plain[row * 3 + i]! * one[i]!, 0);
        return sum + dot * dot;
      }, 0);
    for (const other of [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0.6, 0.8, 0],
      [0.577, 0.577, 0.577],
    ]) {
      expect(energy(direction)).to.be.at.least(energy(other));
    }
    const rows = await encoder.embed(texts);
    for (let row = 0; row < 4; row += 1) expect(along(rows.subarray(row * 3, row * 3 + 3))).to.be.closeTo(0, 1e-5);
    const again = savedAndLoaded(encoder);
    expect([...(await again.embed(texts))]).to.deep.equal([...rows]);
  });

  it("saves a reference to the file instead of the vectors, and refuses another file in its place", async () => {
    await using folder = await temporaryFolder();
    const file = await written(folder.path, LINES.join("\n"));
    const encoder = await WordVectorEncoder.load(file, { store: "reference", words: ["the", "cat"], sif: true });
    expect(encoder.weights).not.to.have.property("vectors");
    const expected = [...(await encoder.embed(["the cat bank"]))];
    expect([...(await savedAndLoaded(encoder).embed(["the cat bank"]))]).to.deep.equal(expected);
    await writeFile(file, LINES.join("\n").replace("bank -2", "bank -3"));
    const error = await failure(savedAndLoaded(encoder).embed(["the"]));
    expect(error).to.be.instanceOf(FileFormatError);
    expect(error.message).to.include("checksum");
  });

  it("gives the same numbers in a new process that loads the saved model", async function () {
    this.timeout(20_000);
    await using folder = await temporaryFolder();
    const file = await written(folder.path, LINES.join("\n"));
    const encoder = await WordVectorEncoder.load(file, { sif: true, normalize: true });
    const path = join(folder.path, "model");
    await using model = modelOf<string>({ words: encoder }, (size) => new IdentityHead(size));
    await model.save(path);
    const entry = pathToFileURL(join(import.meta.dirname, "../../lib/index.ts")).href;
    const program = `
      const { SimilarityModel } = await import(${JSON.stringify(entry)});
      const model = await SimilarityModel.load(${JSON.stringify(path)});
      console.log(JSON.stringify([...(await model.encode(["the cat", "bank"])).data]));
      await model[Symbol.asyncDispose]();`;
    const flags = ["--conditions=likewise-source", "--import", "tsx", "--input-type=module", "--eval", program];
    const output = execFileSync(process.execPath, flags, { encoding: "utf8", cwd: join(import.meta.dirname, "../..") });
    expect(JSON.parse(output)).to.deep.equal([...(await encoder.embed(["the cat", "bank"]))]);
  });

  it("refuses broken lines with their file and number", async () => {
    const broken: readonly (readonly [string, number])[] = [
      ["the 1 0 -1\ncat 1 2\n", 2],
      ["the 1 0 -1\n\ncat 1 x 2\n", 3],
      ["the 1 0 -1\ncat 1 2 3 4\n", 2],
      ["the 1 0 -1\ncat 1 NaN 4\n", 2],
      ["the 1 0 -1\ncat 1 1e99 4\n", 2],
      ["the\n", 1],
      ["3 3\nthe 1 0 -1\n", 2],
      ["3 999999999\nthe 1 0 -1\n", 1],
    ];
    for (const [content, line] of broken) {
      const error = await failure(load(content));
      expect(error, content).to.be.instanceOf(DataError).with.property("line", line);
      expect((error as DataError).file).to.include("vectors.txt");
    }
    expect(await failure(load(""))).to.be.instanceOf(DataError);
    expect(await failure(load("x".repeat(3 << 20)))).to.be.instanceOf(DataError);
    expect(await failure(WordVectorEncoder.load("/nowhere/vectors.txt"))).to.be.instanceOf(DataError);
  });

  it("refuses hostile binary files before it takes memory for them", async () => {
    const rows = Object.values(table);
    const words = Object.keys(table);
    const whole = binary(words, rows);
    const hostile = [
      binary(words, rows, "999999999999 3\n"),
      binary(words, rows, "3 999999999\n"),
      binary(words, rows, "0 3\n"),
      binary(words, rows, "-1 3\n"),
      binary(words, rows, "3 3 3\n"),
      whole.subarray(0, whole.length - 6),
      Buffer.alloc(10_000, 65),
      Buffer.concat([Buffer.from("3 3\n"), Buffer.alloc(10_000, 65)]),
      binary(["a"], [[1, NaN]]),
      Buffer.alloc(0),
    ];
    for (const content of hostile) {
      expect(await failure(load(content, { format: "binary" })), content.subarray(0, 20).toString()).to.be.instanceOf(
        FileFormatError,
      );
    }
  });

  it("refuses options that are wrong, all at once", async () => {
    const wrong = { pooling: "sum", limit: 0, sif: { a: 0, b: 1 }, unknown: "?", extra: 1 } as never;
    const error = await failure(load("a 1", wrong));
    expect(error).to.be.instanceOf(ConfigError);
    for (const part of ["pooling:", "limit:", "sif.a:", "sif.b:", "unknown:", "extra:"])
      expect(error.message).to.include(part);
    expect(await failure(load("a 1", { pooling: "min", sif: true }))).to.be.instanceOf(ConfigError);
    const encoder = await load("a 1");
    expect(await failure(encoder.embed([3 as never]))).to.be.instanceOf(DataError);
  });
});
