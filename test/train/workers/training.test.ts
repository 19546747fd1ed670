import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect } from "chai";
import { AssemblyError, CacheConfig, InterruptedError, Trainer } from "likewise";
import { field, VectorEncoder } from "likewise/encoders";
import { cachedEncoders, fillCaches } from "../../../lib/cache/index.js";
import { failure } from "../../support/failure.js";
import { temporaryFolder } from "../../support/folder.js";
import { stream } from "../../cache/fakes.js";
import { TinyEncoder, TinyLoader, TinyModel, tinySamples } from "../../support/tiny.js";
import { watch } from "../../support/watch.js";
import { SlowEncoder } from "./own-encoders.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 12);
const modelModule = new URL("../../support/tiny.ts", import.meta.url);

class Cached extends TinyModel {
  constructor(readonly caches: CacheConfig) {
    super();
  }
  override configureCaches() {
    return this.caches;
  }
}

const trainer = () => new Trainer({ progress: false, maxEpochs: 2 });

describe("Training with caches that workers fill", function () {
  this.timeout(60_000);

  it("gives the same losses, and encodes nothing in this thread", async () => {
    const run = async (given: Partial<CacheConfig>) => {
      const by = trainer();
      const seen = watch(by);
      TinyEncoder.encoded = 0;
      await by.fit(new Cached(new CacheConfig({ batchSize: 10, ...given })), { train, validation });
      return { losses: seen.losses(), encoded: TinyEncoder.encoded, filled: seen.of("caching").at(-1) };
    };
    const alone = await run({});
    const shared = await run({ workers: 2, modelModule });
    expect(shared.losses).to.deep.equal(alone.losses);
    expect([alone.encoded, shared.encoded]).to.deep.equal([72, 0]);
    expect(shared.filled).to.include({ finished: true, done: 72, computed: 72, loaded: 0 });
  });

  it("is refused with everything else that is wrong when a class is not known to workers", async () => {
    class Wrong extends Cached {
      override configureEncoders() {
        return { one: new TinyEncoder(6), two: field("length", new VectorEncoder(1)) } as never;
      }
    }
    const config = new CacheConfig({ workers: 1, mapping: { three: "memory" } });
    const error = await failure(trainer().fit(new Wrong(config), { train }));
    expect(error).to.be.instanceOf(AssemblyError);
    const { problems } = error as AssemblyError;
    expect(problems).to.have.length(2);
    expect(problems[0]).to.match(/mapping names encoder "three"/u);
    expect(problems[1]).to.match(
      /workers do not know class TinyEncoder of encoder "one"; export it from a module of its own and name that module in modelModule, or use workers: 0/u,
    );
  });

  it("is refused when the module is the script itself", async () => {
    const script = pathToFileURL(process.argv[1] ?? "");
    const config = new CacheConfig({ workers: 1, modelModule: script });
    expect((await failure(trainer().fit(new Cached(config), { train }))).message).to.match(
      /modelModule is the script that runs/u,
    );
  });

  it("ends when its signal says so, and the next run goes on", async () => {
    await using folder = await temporaryFolder();
    const many = new TinyLoader(tinySamples(20, 20), 40);
    const config = new CacheConfig({ saveDir: folder.path, batchSize: 10, workers: 1, modelModule });
    const stop = new AbortController();
    const by = trainer();
    by.events$.subscribe((event) => {
      if (event.type === "caching" && event.done >= 40) stop.abort();
    });
    const error = await failure(by.fit(new Cached(config), { train: many }, { signal: stop.signal }));
    expect(error).to.be.instanceOf(InterruptedError);
    expect(error.message).to.match(/stopped while the caches were filled; the vectors in saveDir are found/u);
    const seen = watch(by);
    await by.fit(new Cached(config), { train: many });
    const { computed = 0, loaded = 0 } = seen.of("caching").at(-1) ?? {};
    expect(computed + loaded).to.equal(400);
    expect(loaded).to.be.greaterThan(0);
    expect(computed).to.be.greaterThan(0);
  });

  it("goes on after a kill where filling stopped, with the file of one thread, and leaves no thread behind", async () => {
    await using killed = await temporaryFolder();
    await using whole = await temporaryFolder();
    const script = fileURLToPath(new URL("fill-child.ts", import.meta.url));
    const start = (folder: string) =>
      spawn(process.execPath, ["--conditions=likewise-source", "--import", "tsx", script, folder, "160"], {
        stdio: ["ignore", "pipe", "inherit"],
      });
    const first = start(killed.path);
    let said = "";
    first.stdout.on("data", (text) => {
      said += String(text);
      if (/so far (?!0)/u.test(said)) first.kill("SIGKILL");
    });
    await once(first, "close");
    expect(said).not.to.match(/computed/u);
    const second = start(killed.path);
    let end = "";
    second.stdout.on("data", (text) => (end += String(text)));
    expect(await once(second, "close")).to.deep.equal([0, null]);
    const [, computed, loaded] = /computed (\d+), loaded (\d+)/u.exec(end) ?? [];
    expect(Number(computed) + Number(loaded)).to.equal(160);
    expect(Number(loaded)).to.be.greaterThan(0);
    const items = Array.from({ length: 160 }, (_, i) => `item ${i}`);
    const config = new CacheConfig<string>({ saveDir: whole.path, batchSize: 8 });
    const [cache] = cachedEncoders<string>(config, [["text", new SlowEncoder(2)]]).values();
    await fillCaches(cache === undefined ? [] : [cache], stream(items), 8);
    await cache?.close();
    const bytes = async (folder: string): Promise<Buffer> => {
      const name = (await readdir(folder)).find((each) => each.endsWith(".rows")) ?? "";
      return readFile(join(folder, name));
    };
    expect((await bytes(killed.path)).equals(await bytes(whole.path))).to.equal(true);
  });
});
