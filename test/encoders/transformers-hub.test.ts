import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { env, LogLevel } from "@huggingface/transformers";
import { expect } from "chai";
import { SimilarityModel } from "likewise";
import { TransformersEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import { FileFormatError } from "../../lib/errors.js";
import { modelOf } from "../model/untrained-model.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";
import { serveHub } from "./hub-server.js";
import { ROWS, writeLanguageModel } from "./tiny-language-model.js";

const MEAN = ROWS[2]!.map((value, i) => (value + ROWS[3]![i]!) / 2);
const OTHER = ROWS.map((row) => row.map((value) => value + 1));

interface Answer {
  readonly vector?: number[];
  readonly name?: string;
  readonly message?: string;
}

/** What another process says of a saved model, for each host and folder of what was downloaded. */
async function inAnotherProcess(folder: string, places: readonly (readonly [host: string, cache: string])[]) {
  const script = fileURLToPath(new URL("hub-child.ts", import.meta.url));
  const node = ["--conditions=likewise-source", "--import=tsx", script, folder, ...places.flat()];
  const { stdout } = await promisify(execFile)(process.execPath, node);
  return JSON.parse(stdout) as Answer[];
}

describe("TransformersEncoder of the hub", function () {
  this.timeout(60_000);
  const before = { remoteHost: env.remoteHost, cacheDir: env.cacheDir, logLevel: env.logLevel };
  afterEach(() => void Object.assign(env, before));

  it("is downloaded once, and loaded by another process from what was downloaded or from the hub", async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    await writeLanguageModel(at("hub/tiny/words/main"));
    await writeLanguageModel(at("hub/tiny/words/v2"), OTHER);
    await using hub = await serveHub(at("hub"));
    Object.assign(env, { remoteHost: hub.host, cacheDir: at("cache"), logLevel: LogLevel.NONE });
    const encoder = await TransformersEncoder.load("tiny/words");
    expectClose(await encoder.embed(["red bell"]), MEAN, { absolute: 1e-6 });
    expect(encoder.config["local"]).to.equal(false);
    expect(encoder.config["checksum"]).to.match(/^sha256:/);
    expect(hub.asked).to.include("GET tiny/words/resolve/main/onnx/model.onnx");
    const later = await TransformersEncoder.load("tiny/words", { revision: "v2" });
    expectClose(await later.embed(["red bell"]), MEAN.map((value) => value + 1), { absolute: 1e-6 }); // prettier-ignore
    expect(later.fingerprint()).not.to.equal(encoder.fingerprint());

    const { content } = modelOf({ encoder }, (size) => new IdentityHead(size));
    await using model = new SimilarityModel(content, { engine: "eager" });
    await model.save(at("model"));
    const expected = [...(await model.encodeOne("red bell"))];
    // On another hub the branch has moved on: a machine must not compute other vectors unnoticed.
    await writeLanguageModel(at("moved/tiny/words/main"), OTHER);
    await using moved = await serveHub(at("moved"));
    await using empty = await serveHub(at("nothing"));
    const nobody = "http://127.0.0.1:9/";
    const [cached, fetched, changed, offline, gone] = await inAnotherProcess(at("model"), [
      [nobody, at("cache")],
      [hub.host, at("second")],
      [moved.host, at("third")],
      [nobody, at("fourth")],
      [empty.host, at("fifth")],
    ]);
    expect(cached).to.deep.equal({ vector: expected });
    expect(fetched).to.deep.equal({ vector: expected });
    expect(changed!.name).to.equal("FileFormatError");
    expect(changed!.message).to.contain('has other files as revision "main"').and.contain("Name a commit");
    expect(offline!.name).to.equal("FileFormatError");
    expect(offline!.message).to.contain("tiny/words").and.contain(`asked ${nobody}`).and.contain("fetch failed");
    expect(gone!.name).to.equal("FileFormatError");
    expect(gone!.message).to.contain("Could not locate file").and.contain(`asked ${empty.host} for revision "main"`);
  });

  it("says that there is no such model, no such type of numbers, or nobody to ask", async () => {
    await using folder = await temporaryFolder();
    await writeLanguageModel(join(folder.path, "tiny/parts/main"));
    await using hub = await serveHub(folder.path);
    Object.assign(env, { remoteHost: hub.host, cacheDir: join(folder.path, "cache"), logLevel: LogLevel.NONE });
    const messageOf = async (name: string, options = {}): Promise<string> => {
      const error = await failure(TransformersEncoder.load(name, options));
      expect(error).to.be.instanceOf(FileFormatError);
      return error.message;
    };
    expect(await messageOf("tiny/absent"))
      .to.contain("there is no such folder here")
      .and.contain(`asked ${hub.host}`);
    expect(await messageOf("tiny/parts", { dtype: "q8" })).to.contain("model_quantized.onnx");
    expect(await messageOf("tiny/parts", { revision: "v9" })).to.contain('revision "v9"');
    env.remoteHost = "http://127.0.0.1:9/";
    expect(await messageOf("tiny/unasked"))
      .to.contain("needs a network")
      .and.contain("fetch failed");
  });
});
