import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Random } from "../../lib/random.js";
import { CacheConfig, cachedEncoders, fillCaches } from "../../lib/cache/index.js";
import { expectClose } from "../support/close.js";
import { temporaryFolder } from "../support/folder.js";
import { expected, LengthEncoder, stream } from "./fakes.js";

const COUNT = 2000;
const KILLS = Number(process.env["LIKEWISE_KILLS"] ?? 2);
const items = Array.from({ length: COUNT }, (_, i) => `item ${i}`);

/** Fills in another process and kills it after some milliseconds of filling. */
async function fillAndKill(folder: string, milliseconds: number): Promise<string> {
  const script = fileURLToPath(new URL("fill-child.ts", import.meta.url));
  const node = ["--conditions=likewise-source", "--import", "tsx", script, folder, String(COUNT)];
  const child = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (text) => (said += String(text)));
  while (!said.includes("filling") && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  await once(child, "close");
  clearTimeout(timer);
  return said;
}

describe("Filling that is killed", function () {
  this.timeout(60_000 + 5_000 * KILLS);

  it("goes on where it stopped, with the vectors of an uninterrupted one", async () => {
    await using folder = await temporaryFolder();
    const random = new Random(11);
    for (let kill = 0; kill < KILLS; kill += 1) {
      const said = await fillAndKill(folder.path, 20 + random.integer(120));
      expect(said.replaceAll(/warning: a stored cache ends in .* torn row.*\n/gu, "")).not.to.contain("warning");
    }
    const warnings: string[] = [];
    const encoder = new LengthEncoder();
    const config = new CacheConfig<string>({ saveDir: folder.path });
    const caches = cachedEncoders<string>(config, [["text", encoder]], (text) => warnings.push(text));
    const cache = caches.get("text")!;
    const { computed } = await fillCaches([cache], stream(items), 64);
    expect(computed).to.be.lessThan(COUNT);
    expect(computed + cache.loaded).to.equal(COUNT);
    expectClose(await cache.rows(items), expected(items));
    for (const text of warnings) expect(text).to.match(/torn row/u);
    await cache.close();
  });
});
