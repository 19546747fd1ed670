import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import {
  ConfigError,
  Cosine,
  Distance,
  FileFormatError,
  Lp,
  Manhattan,
  Random,
  UnknownNameError,
  UsageError,
} from "likewise";
import { ExactIndex } from "likewise/retrieval";
import * as tf from "likewise/tf";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";

const vector = (...numbers: number[]): Float32Array => Float32Array.from(numbers);

/** A distance that nobody knows by name. */
class Chebyshev extends Distance {
  readonly name = "chebyshev";
  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return tf.max(tf.abs(tf.sub(tf.expandDims(left, 1), tf.expandDims(right, 0))), 2);
  }
  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return tf.max(tf.abs(tf.sub(left, right)), 1);
  }
  override similarity<T extends tf.Tensor>(distance: T): T {
    return tf.neg(distance);
  }
  override asInnerProduct(): null {
    return null;
  }
}

describe("a saved ExactIndex", () => {
  async function filled(): Promise<ExactIndex<{ readonly name: string } | undefined>> {
    const random = new Random("index");
    const index = new ExactIndex<{ readonly name: string } | undefined>({ size: 3, distance: "manhattan" });
    index.add(
      Array.from({ length: 20 }, () => random.normals(3)),
      Array.from({ length: 20 }, (_, at) => (at % 5 === 4 ? undefined : { name: `“${at}”\n\u2028` })),
    );
    index.remove([2, 19]);
    return index;
  }

  it("is equal when it is loaded", async () => {
    await using folder = await temporaryFolder();
    const index = await filled();
    const path = join(folder.path, "new", "index");
    await index.save(path);
    expect((await readdir(path)).sort()).to.deep.equal(["index.json", "payloads.jsonl", "vectors.safetensors"]);
    const loaded = await ExactIndex.load<{ readonly name: string } | undefined>(path);
    const queries = [vector(0, 0, 0), vector(1, -1, 2)];
    expect(await loaded.search(queries, 18)).to.deep.equal(await index.search(queries, 18));
    expect(loaded.distance).to.be.instanceOf(Manhattan);
    expect(loaded.add([vector(0, 0, 0)], [{ name: "new" }]), "positions go on").to.deep.equal([20]);
    await loaded.save(path);
    expect((await ExactIndex.load(path)).rows).to.equal(19);
  });

  it("is saved as it was when the call began", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "index");
    const index = await filled();
    const saving = index.save(path);
    index.add([vector(0, 0, 0)], [{ name: "late" }]);
    await saving;
    expect((await ExactIndex.load(path)).rows).to.equal(18);
  });

  it("has no file of payloads when there are none, and may be empty", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "index");
    await (await filled()).save(path);
    const empty = new ExactIndex({ size: 4 });
    await empty.save(path);
    expect((await readdir(path)).sort()).to.deep.equal(["index.json", "vectors.safetensors"]);
    const loaded = await ExactIndex.load(path);
    expect([loaded.rows, loaded.size]).to.deep.equal([0, 4]);
    loaded.add([vector(1, 2, 3, 4)]);
    expect(loaded.rows).to.equal(1);
  });

  it("knows a distance with options again", async () => {
    await using folder = await temporaryFolder();
    const index = new ExactIndex({ size: 2, distance: { name: "lp", config: new Lp({ p: 3 }).config } });
    index.add([vector(0, 5), vector(3, 3)]);
    await index.save(folder.path);
    const loaded = await ExactIndex.load(folder.path);
    expect(loaded.distance.config).to.deep.equal(index.distance.config);
    expect(await loaded.search([vector(1, 1)], 2)).to.deep.equal(await index.search([vector(1, 1)], 2));
  });

  it("needs a distance of the user's own again", async () => {
    await using folder = await temporaryFolder();
    const index = new ExactIndex({ size: 2, distance: new Chebyshev() });
    index.add([vector(0, 5), vector(3, 3)]);
    await index.save(folder.path);
    expect(await failure(ExactIndex.load(folder.path))).to.be.instanceOf(UnknownNameError);
    const message = 'was saved with the distance "chebyshev", not "cosine"';
    expect(await failure(ExactIndex.load(folder.path, { distance: new Cosine() })))
      .to.be.instanceOf(UsageError)
      .with.property("message")
      .that.includes(message);
    const loaded = await ExactIndex.load(folder.path, { distance: new Chebyshev() });
    expect((await loaded.search([vector(0, 0)], 1))[0]?.[0]).to.deep.include({ position: 1, distance: 3 });
  });

  it("does not replace a folder that holds other things, nor save payloads that are not JSON", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "thesis.txt"), "years of work");
    expect(await failure((await filled()).save(folder.path))).to.be.instanceOf(UsageError);
    expect(await readFile(join(folder.path, "thesis.txt"), "utf8")).to.equal("years of work");
    const path = join(folder.path, "index");
    const index = new ExactIndex<unknown>({ size: 1 });
    index.add([vector(1)], ["fine"]);
    await index.save(path);
    const payloads: [unknown, string][] = [
      [10n, "it is a bigint"],
      [() => 1, "it is a function"],
      [new Map([["a", 1]]), "it is an object of class Map"],
      [{ score: NaN, tags: [undefined] }, "it.score is NaN, it.tags[0] is undefined"],
      [{ a: undefined }, "it.a is undefined"],
    ];
    for (const [payload, lost] of payloads) {
      const [position = -1] = index.add([vector(1)], [payload]);
      const error = await failure(index.save(path));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.contain(
        `ExactIndex.save: the payload at position ${position} is not JSON: ${lost}; add only`,
      );
      index.remove([position]);
    }
    expect((await ExactIndex.load(path)).rows, "what was there before").to.equal(1);
  });

  const damages: Readonly<Record<string, (path: string) => Promise<void>>> = {
    "no index.json": (path) => rm(join(path, "index.json")),
    "no vectors": (path) => rm(join(path, "vectors.safetensors")),
    "no payloads": (path) => rm(join(path, "payloads.jsonl")),
    "an index.json cut short": (path) => cut(join(path, "index.json")),
    "vectors cut short": (path) => cut(join(path, "vectors.safetensors")),
    "payloads cut short within a line": (path) => cut(join(path, "payloads.jsonl")),
    "payloads cut short after a line": (path) =>
      change(join(path, "payloads.jsonl"), (text) => text.slice(0, text.indexOf("\n") + 1)),
    "another letter in a payload": (path) => change(join(path, "payloads.jsonl"), (text) => text.replace("“7”", "“6”")),
    "another count that would fit": (path) =>
      change(join(path, "index.json"), (text) => text.replace('"next": 20', '"next": 21')),
    "a payload that is not JSON": (path) =>
      change(join(path, "payloads.jsonl"), (text) => text.replace('"name"', "name")),
    "another format": (path) =>
      change(join(path, "index.json"), (text) => text.replace("likewise-index", "likewise-model")),
    "a newer version": (path) =>
      change(join(path, "index.json"), (text) => text.replace('"version": 1', '"version": 2')),
    "a count that is none": (path) =>
      change(join(path, "index.json"), (text) => text.replace('"rows": 18', '"rows": -1')),
    "another number of vectors": (path) =>
      change(join(path, "index.json"), (text) => text.replace('"rows": 18', '"rows": 17')),
    "another width": (path) => change(join(path, "index.json"), (text) => text.replace('"size": 3', '"size": 2')),
    "positions beyond the next": (path) =>
      change(join(path, "index.json"), (text) => text.replace('"next": 20', '"next": 3')),
    "vectors of another index": async (path) => {
      const other = new ExactIndex({ size: 3 });
      other.add([vector(1, 2, 3)]);
      const place = join(path, "..", "other");
      await mkdir(place);
      await other.save(place);
      await writeFile(join(path, "vectors.safetensors"), await readFile(join(place, "vectors.safetensors")));
    },
  };
  for (const [what, damage] of Object.entries(damages)) {
    it(`is refused with ${what}`, async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, "index");
      await (await filled()).save(path);
      await damage(path);
      const error = await failure(ExactIndex.load(path));
      expect(error).to.be.instanceOf(FileFormatError);
      expect(error.message).to.include(path);
    });
  }

  it("of an older version, which had no checksums and no model, is read", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "index");
    const index = await filled();
    await index.save(path);
    await change(join(path, "index.json"), (text) => {
      const { checksum: _, payloadsChecksum: __, model: ___, ...older } = JSON.parse(text) as Record<string, unknown>;
      return JSON.stringify(older);
    });
    const loaded = await ExactIndex.load(path);
    expect(await loaded.search([vector(0, 0, 0)], 18)).to.deep.equal(await index.search([vector(0, 0, 0)], 18));
    expect(loaded.model).to.equal(null);
  });

  it("keeps the name of its model, and payloads longer than any text that is read at once", async () => {
    await using folder = await temporaryFolder();
    const index = new ExactIndex<string>({ size: 1, distance: "manhattan", model: "mine" });
    const payloads = ["a", "b", "c"].map((letter) => letter.repeat(7 << 20));
    index.add([vector(1), vector(2), vector(3)], payloads);
    await index.save(folder.path);
    const loaded = await ExactIndex.load<string>(folder.path);
    expect(loaded.model).to.equal("mine");
    const [found] = await loaded.search([vector(0)], 3);
    expect(found?.every(({ payload }, at) => payload === payloads[at])).to.equal(true);
    expect(() => new ExactIndex({ size: 1, model: 5 } as never)).to.throw(ConfigError, "model: expected a text, got 5");
  });

  async function change(file: string, edit: (text: string) => string): Promise<void> {
    const before = await readFile(file, "utf8");
    const after = edit(before);
    expect(after).not.to.equal(before);
    await writeFile(file, after);
  }

  async function cut(file: string): Promise<void> {
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, bytes.length - 3));
  }
});
