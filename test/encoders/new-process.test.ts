import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deserialize, serialize } from "node:v8";
import { expect } from "chai";
import { SimilarityModel } from "likewise";
import { IdentityHead } from "likewise/heads";
import { modelOf } from "../model/untrained-model.js";
import { temporaryFolder } from "../support/folder.js";
import { ENCODER_EXAMPLES } from "./contract-examples.js";
import type { LoadedExample, SavedExample } from "./load-child.js";
import { encoderClasses } from "./running.js";

describe("every encoder in a model that another process loads", function () {
  this.timeout(60_000);

  it("gives the same numbers there, and has the same fingerprint", async () => {
    await using folder = await temporaryFolder();
    const saved: SavedExample[] = [];
    const expected: LoadedExample[] = [];
    for (const [name, example] of Object.entries(ENCODER_EXAMPLES)) {
      if (example === null) continue;
      const encoder = example.make();
      const { content } = modelOf({ encoder }, (size) => new IdentityHead(size));
      await using model = new SimilarityModel(content, { engine: "eager" });
      const path = join(folder.path, `model ${saved.length}`);
      await model.save(path);
      saved.push({ name, folder: path, items: example.items });
      const { data: vectors } = await model.encode(example.items);
      expected.push({ name, vectors, fingerprint: encoder.trainable ? null : encoder.fingerprint() });
    }
    await writeFile(join(folder.path, "examples"), serialize(saved));
    const script = fileURLToPath(new URL("load-child.ts", import.meta.url));
    await promisify(execFile)(process.execPath, ["--conditions=likewise-source", "--import=tsx", script, folder.path]);
    const loaded = deserialize(await readFile(join(folder.path, "loaded"))) as readonly LoadedExample[];
    expect(loaded.map(({ name }) => name)).to.deep.equal(expected.map(({ name }) => name));
    for (const [at, { name, vectors, fingerprint }] of expected.entries()) {
      expect(loaded[at]!.fingerprint, name).to.equal(fingerprint);
      expect([...loaded[at]!.vectors], name).to.deep.equal([...vectors]);
    }
    const absent = Object.values(ENCODER_EXAMPLES).filter((example) => example === null).length;
    expect(loaded.length).to.be.at.least(encoderClasses.length - absent);
  });
});
