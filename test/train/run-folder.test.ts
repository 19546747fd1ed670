import { mkdir, readdir, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { expect } from "chai";
import { attach, InterruptedError, Metric, Trainer, type Callback, type FitOptions } from "likewise";
import { readKept, type KeptCheckpoint } from "../../lib/train/kept-checkpoints-file.js";
import { temporaryFolder } from "../support/folder.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 12);
const parts = [TinyEncoder, TinyHead];

/** Best in the first epoch, then worse and worse. */
class Falling extends Metric<"group"> {
  readonly name = "falling";
  readonly higherIsBetter = true;
  static validations = 0;
  override update(): void {
    // What it is made of does not matter.
  }
  override value(): Promise<number> {
    Falling.validations += 1;
    return Promise.resolve(-Falling.validations);
  }
  override reset(): void {
    // There is nothing.
  }
}

class Watched extends TinyModel {
  override configureMetrics() {
    return attach(new Falling());
  }
}

/** Trains to the end in two runs, the first of which is stopped in its second epoch, and says what was kept. */
async function keptOver(first: string, second: string, resume = "last"): Promise<readonly KeptCheckpoint[]> {
  Falling.validations = 0;
  const controller = new AbortController();
  const stop: Callback = { onTrainBatchEnd: ({ step }) => void (step === 6 && controller.abort()) };
  const checkpoint = { monitor: "validation/falling", mode: "max", saveTopK: 2 } as const;
  const run = (runDir: string, callbacks: readonly Callback[], options: FitOptions<readonly number[]>) =>
    new Trainer({ progress: false, logs: [], maxEpochs: 4, runDir, checkpoint, callbacks }).fit(
      new Watched(),
      { train, validation },
      { parts, ...options },
    );
  const error: unknown = await run(first, [stop], { signal: controller.signal }).catch((thrown: unknown) => thrown);
  expect(error).to.be.instanceOf(InterruptedError);
  await run(second, [], { resume });
  const place = join(first, "run-1/checkpoints");
  const kept = await readKept(place);
  expect((await readdir(place)).sort(), "nothing is left that is not kept").to.deep.equal(
    [...kept.map(({ name }) => name), "kept.json", "last"].sort(),
  );
  return kept;
}

describe("The folder of a run that is resumed", () => {
  const steps = (kept: readonly KeptCheckpoint[]): number[] => kept.map(({ step }) => step);

  it("keeps its best states however its path is written", async () => {
    await using folder = await temporaryFolder();
    const place = (name: string): string => join(folder.path, name);
    const fromHere = (name: string): string => relative(process.cwd(), place(name));
    expect(steps(await keptOver(place("absolute"), place("absolute")))).to.deep.equal([4, 8]);
    expect(steps(await keptOver(fromHere("relative"), fromHere("relative")))).to.deep.equal([4, 8]);
    expect(steps(await keptOver(fromHere("mixed"), place("mixed")))).to.deep.equal([4, 8]);
    await mkdir(place("real"));
    await symlink(place("real"), place("link"));
    const last = place("link/run-1/checkpoints/last");
    expect(steps(await keptOver(place("real"), place("real"), last)), "through a link").to.deep.equal([4, 8]);
    expect(await readdir(place("real"))).to.deep.equal(["run-1"]);
  });
});
