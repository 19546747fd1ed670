import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { FileFormatError } from "../../lib/errors.js";
import { readCheckedJsonFile, readJsonFile, writeCheckedJsonFile, writeJsonFile } from "../../lib/store/json-file.js";

describe("JSON files", () => {
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "likewise-json-"));
  });
  after(() => rm(folder, { recursive: true }));

  const expected = { format: "thing", version: 2 };

  it("say what they are and come back as they were", async () => {
    const path = join(folder, "x.json");
    await writeJsonFile(path, expected, { list: [1, "ä", null], inner: { deep: true } });
    const content = { format: "thing", version: 2, list: [1, "ä", null], inner: { deep: true } };
    expect(JSON.parse(await readFile(path, "utf8"))).to.deep.equal(content);
    expect(await readJsonFile(path, expected)).to.deep.equal(content);
  });

  it("with a checksum are refused when a number stands where null was, as which an infinity would be summed", async () => {
    const path = join(folder, "checked.json");
    await writeCheckedJsonFile(path, expected, { best: null, zero: 0 });
    const text = await readFile(path, "utf8");
    expect(await readCheckedJsonFile(path, expected)).to.deep.equal({ best: null, zero: 0 });
    await writeFile(path, text.replace("null", "-1e999"));
    const error: unknown = await readCheckedJsonFile(path, expected).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(FileFormatError);
    expect((error as Error).message).to.match(/the number at "best" is too large/);
    await writeFile(path, text.replace(": 0", ": -0"));
    expect(Object.is((await readCheckedJsonFile(path, expected))["zero"], 0)).to.equal(true);
  });

  it("are refused with the reason when they are not what was expected", async () => {
    const path = join(folder, "bad.json");
    const cases: [text: string, reason: RegExp][] = [
      ["", /truncated, damaged or not JSON/],
      [`{"format":"thing","ver`, /truncated, damaged or not JSON/],
      ["[]", /expected a JSON object/],
      ["null", /expected a JSON object/],
      ["{}", /expected a file of format "thing", but it does not say what it is/],
      [`{"format":"other","version":2}`, /but it is "other"/],
      [`{"format":"thing"}`, /has no version of the format "thing", this release reads version 2/],
      [`{"format":"thing","version":"2"}`, /has version "2"/],
      [`{"format":"thing","version":1}`, /has version 1 .* reads version 2$/],
      [`{"format":"thing","version":3}`, /newer release of likewise: update/],
      [`{"format":"thing","version":2,"a":{"\\u005f_proto__":{"polluted":1}}}`, /must not be called "__proto__"/],
      [`{"format":"thing","version":2,"a":[1e999]}`, /the number at "0" is too large/],
    ];
    for (const [text, reason] of cases) {
      await writeFile(path, text);
      const error = await readJsonFile(path, expected).catch((thrown: unknown) => thrown);
      expect(error, text).to.be.instanceOf(FileFormatError);
      expect((error as Error).message, text).to.match(reason);
      expect((error as FileFormatError).file).to.equal(path);
    }
  });
});
