import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Random } from "../../lib/random.js";
import { temporaryFolder } from "../support/folder.js";
import { STEPS, trainEverything, type Said, type Sources } from "./training.js";

/** Kills of each sort of run; LIKEWISE_FAULTS=50 for a thorough one. */
const KILLS = Number(process.env["LIKEWISE_FAULTS"] ?? 2);
/** Kills of one run, before it may end. */
const KILLS_A_RUN = 5;

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));

/** Runs the training process; kills it so many milliseconds after it began. True when it ended by itself before. */
async function runChild(folder: string, sources: Sources, killAfter: number | null): Promise<boolean> {
  const child = spawn(process.execPath, ["--conditions=likewise-source", "--import=tsx", CHILD, folder, sources], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (text: Buffer) => (errors += text.toString()));
  const ended = once(child, "close");
  const ready = once(child.stdout, "data");
  await Promise.race([ready, ended]);
  if (killAfter !== null) {
    const timer = setTimeout(() => child.kill("SIGKILL"), killAfter);
    await ended;
    clearTimeout(timer);
  }
  const [code, signal] = (await ended) as [number | null, string | null];
  if (signal === "SIGKILL" && killAfter !== null) return false;
  expect(code, errors).to.equal(0);
  return true;
}

async function readSaid(folder: string): Promise<Said[]> {
  const text = await readFile(join(folder, "said.jsonl"), "utf8").catch(() => "");
  // The last line may have been cut by the kill.
  return text.split("\n").flatMap((line) => (line.endsWith("]") ? [JSON.parse(line) as Said] : []));
}

describe("A training process killed at any instant", function () {
  this.timeout(120_000 + KILLS * 40_000);

  for (const sources of ["lists", "files"] as const) {
    it(`gives the numbers of one that was never stopped, after ${KILLS} kills, of ${sources}`, async () => {
      await using folder = await temporaryFolder();
      const whole: Said[] = [];
      await mkdir(join(folder.path, "whole"));
      const started = performance.now();
      let began = started;
      await trainEverything(
        join(folder.path, "whole"),
        (said) => whole.push(said),
        {},
        ({ type }) => {
          if (type === "assembled") began = performance.now();
        },
        sources,
      );
      const duration = performance.now() - began;
      const expected = new Map(whole.map(([what, step, value]) => [`${what} ${step}`, JSON.stringify(value)]));
      expect(whole.filter(([what]) => what === "loss")).to.have.length(STEPS);

      const random = new Random(`kills ${KILLS} ${sources}`);
      for (let kills = 0, run = 0; kills < KILLS; run += 1) {
        const place = join(folder.path, `run ${run}`);
        await mkdir(place);
        for (let here = 0; here < KILLS_A_RUN && kills < KILLS; here += 1, kills += 1) {
          // Processes of their own are slower than this one, and the first quarter of a run fills caches.
          if (await runChild(place, sources, random.uniform() * duration)) break;
        }
        await runChild(place, sources, null);
        const said = await readSaid(place);
        for (const [what, step, value] of said) {
          expect(JSON.stringify(value), `run ${run}: ${what} of step ${step}`).to.equal(
            expected.get(`${what} ${step}`),
          );
        }
        const told = new Set(said.map(([what, step]) => `${what} ${step}`));
        for (const key of expected.keys()) expect(told.has(key), `run ${run}: ${key} is missing`).to.equal(true);
      }
    });
  }
});
