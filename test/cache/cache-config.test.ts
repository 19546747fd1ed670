import { expect } from "chai";
import type { Encoder } from "../../lib/contracts/encoder.js";
import { ConfigError } from "../../lib/errors.js";
import { CacheConfig, cachedEncoders, checkCacheConfig } from "../../lib/cache/index.js";
import { LengthEncoder } from "./fakes.js";

const trainable = { trainable: true, type: "Table" } as unknown as Encoder<string>;
const problemsOf = (given: object): readonly string[] => {
  try {
    new CacheConfig(given);
    return [];
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
};

describe("CacheConfig", () => {
  it("has defaults", () => {
    expect({ ...new CacheConfig() }).to.deep.equal({
      type: "auto",
      mapping: {},
      keyExtractors: null,
      maxBytes: 1024 ** 3,
      maxStreamItems: 10_000_000,
      batchSize: 256,
      saveDir: null,
      storage: "float32",
      workers: 0,
      modelModule: null,
    });
  });

  it("lists every problem", () => {
    const given = {
      type: "gpu",
      mapping: { text: "gpu" },
      keyExtractors: { text: "id" },
      maxBytes: 0,
      batchSize: 1.5,
      saveDir: 7,
      storage: "float64",
      workers: -1,
      modelModule: 3,
      size: 1,
    };
    const problems = problemsOf(given);
    for (const key of Object.keys(given))
      expect(
        problems.some((problem) => problem.startsWith(`${key}:`)),
        key,
      ).to.equal(true);
    expect(problemsOf({ mapping: ["memory"] })).to.have.lengthOf.at.least(1);
    expect(problemsOf({ keyExtractors: (item: string) => item, mapping: { a: "none" } })).to.deep.equal([]);
  });

  it("wants a folder for the disk, and something to keep in a folder", () => {
    expect(problemsOf({ type: "disk" })).to.deep.equal([
      'type: "disk" needs a saveDir, the folder in which vectors are kept',
    ]);
    expect(problemsOf({ mapping: { text: "disk" } })).to.have.lengthOf(1);
    expect(problemsOf({ storage: "int8" })).to.deep.equal([
      'storage: "int8" is how numbers lie in saveDir, and there is none; give a saveDir or leave storage out',
    ]);
    expect(problemsOf({ storage: "int8", saveDir: "x" })).to.deep.equal([]);
    expect(problemsOf({ type: "memory", saveDir: "x" })).to.have.lengthOf(1);
    expect(problemsOf({ type: "memory", mapping: { text: "disk" }, saveDir: "x" })).to.deep.equal([]);
  });

  it("finds encoders it names that do not exist or cannot be cached", () => {
    const encoders = { text: new LengthEncoder(), table: trainable };
    const config = new CacheConfig<string>({
      mapping: { text: "memory", table: "memory", title: "none" },
      keyExtractors: { text: (item: string) => item, image: (item: string) => item },
    });
    expect(checkCacheConfig(config, encoders)).to.deep.equal([
      'configureCaches: encoder "table" (Table) is trainable, so its vectors change with every step; leave it out of mapping, or make it frozen',
      'configureCaches: mapping names encoder "title", which the model does not have; it has text, table',
      'configureCaches: keyExtractors names encoder "image", which the model does not have; it has text, table',
    ]);
    expect(checkCacheConfig(new CacheConfig({ mapping: { table: "none" } }), encoders)).to.deep.equal([]);
  });

  it("caches the frozen encoders it does not exclude", () => {
    const encoders: [string, Encoder<string>][] = [
      ["text", new LengthEncoder()],
      ["table", trainable],
      ["title", new LengthEncoder(2)],
    ];
    const named = (config: CacheConfig<string>): string[] => [...cachedEncoders(config, encoders).keys()];
    expect(named(new CacheConfig())).to.deep.equal(["text", "title"]);
    expect(named(new CacheConfig({ mapping: { text: "none" } }))).to.deep.equal(["title"]);
    expect(named(new CacheConfig({ type: "none", mapping: { text: "memory" } }))).to.deep.equal(["text"]);
    expect(named(new CacheConfig({ type: "none" }))).to.deep.equal([]);
  });
});
