import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { StorageError, Trainer, type Callback, type TrainerOptions } from "likewise";
import * as tf from "likewise/tf";
import { temporaryFolder } from "../support/folder.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const parts = [TinyEncoder, TinyHead];
/** Written in the leak test; LIKEWISE_FAULTS=50 makes it a thousand. */
const CHECKPOINTS = process.env["LIKEWISE_FAULTS"] === undefined ? 60 : 1000;

/** About 200 KB a checkpoint. */
class Large extends TinyModel {
  override configureHead(inputSize: number) {
    return new TinyHead(inputSize, 2000);
  }
}

async function attempt(options: TrainerOptions & { callbacks?: readonly Callback[] }, resume?: "last") {
  const trainer = new Trainer({ progress: false, logs: [], checkpoint: { everySteps: 1 }, ...options });
  const seen = watch(trainer);
  const error: unknown = await trainer
    .fit(new Large(), { train }, { parts, ...(resume === undefined ? {} : { resume }) })
    .then(() => null)
    .catch((thrown: unknown) => thrown);
  return { error, seen };
}

/** A disk of a megabyte; null where we may not mount one. */
async function smallDisk(
  place: string,
  size = "1m",
): Promise<(AsyncDisposable & { readonly freeze: () => void }) | null> {
  const mount = (...given: string[]): boolean => spawnSync("mount", [...given, place]).status === 0;
  await mkdir(place);
  if (process.platform !== "linux" || !mount("-t", "tmpfs", "-o", `size=${size}`, "tmpfs")) return null;
  return {
    freeze: () => void mount("-o", "remount,ro"),
    [Symbol.asyncDispose]: () => {
      spawnSync("umount", [place]);
      return Promise.resolve();
    },
  };
}

describe("A disk that cannot be written", () => {
  it("when it is full: a clear error, and the checkpoint before is intact", async function () {
    await using folder = await temporaryFolder();
    const place = join(folder.path, "disk");
    await using disk = await smallDisk(place);
    if (disk === null) return this.skip(); // needs the right to mount
    const whole = await attempt({ maxSteps: 12 });
    const fill: Callback = {
      async onTrainBatchEnd({ step }) {
        if (step !== 6) return;
        // Until there is one, and what waits is written.
        const last = join(place, "run-1/checkpoints/last");
        do await new Promise((resolve) => setTimeout(resolve, 200));
        while (!existsSync(last));
        await writeFile(join(place, "filler"), new Uint8Array(1 << 20)).catch(() => undefined);
      },
    };
    const { error, seen } = await attempt({ maxSteps: 12, runDir: place, callbacks: [fill] });
    expect(error).to.be.instanceOf(StorageError);
    expect((error as Error).message).to.match(
      /checkpoint .*last cannot be written \(the disk is full, ENOSPC.*intact/u,
    );
    const folders = await readdir(join(place, "run-1/checkpoints"));
    expect(folders.filter((name) => !name.startsWith("."))).to.deep.equal(["last"]);
    await rm(join(place, "filler"));
    const resumed = await attempt({ maxSteps: 12, runDir: place }, "last");
    expect(resumed.error).to.equal(null);
    const first = resumed.seen.of("assembled")[0]?.step ?? NaN;
    expect(first).to.be.within(1, 6);
    expect([...seen.losses().slice(0, first), ...resumed.seen.losses()]).to.deep.equal(whole.seen.losses());
    return undefined;
  });

  it("when it is full of logs: an error that names the file", async function () {
    await using folder = await temporaryFolder();
    const place = join(folder.path, "disk");
    await using disk = await smallDisk(place, "8k");
    if (disk === null) return this.skip(); // needs the right to mount
    const logs = ["csv", "jsonLines", "tensorBoard"] as const;
    const { error } = await attempt({ maxSteps: 40, runDir: place, checkpoint: false, logs, logEvery: 1 });
    expect(error).to.be.instanceOf(StorageError);
    expect((error as Error).message).to.match(
      /the log .*(metrics|tfevents).* cannot be written \(the disk is full, ENOSPC/u,
    );
    return undefined;
  });

  it("when it becomes read-only, and when it was from the start: errors that say so", async function () {
    await using folder = await temporaryFolder();
    const place = join(folder.path, "disk");
    await using disk = await smallDisk(place);
    if (disk === null) return this.skip(); // needs the right to mount
    const freeze: Callback = {
      async onTrainBatchEnd({ step }) {
        if (step !== 3) return;
        await new Promise((resolve) => setTimeout(resolve, 200));
        disk.freeze();
      },
    };
    const { error } = await attempt({ maxSteps: 8, runDir: place, callbacks: [freeze] });
    expect(error).to.be.instanceOf(StorageError);
    expect((error as Error).message).to.match(/no permission to write there, EROFS: choose another folder/u);
    const again = await attempt({ maxSteps: 8, runDir: place });
    expect(again.error).to.be.instanceOf(StorageError);
    expect((again.error as Error).message).to.match(/a run folder in .* cannot be written .*EROFS/u);
    expect(again.seen.events).to.deep.equal([]);
    return undefined;
  });

  it("when a file is where a folder is needed", async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, "file");
    await writeFile(file, "");
    const { error } = await attempt({ maxSteps: 1, runDir: join(file, "runs") });
    expect(error).to.be.instanceOf(StorageError);
  });
});

describe("Many checkpoints", () => {
  it(`leave no tensor and no open file behind (${CHECKPOINTS})`, async function () {
    this.timeout(30_000 + CHECKPOINTS * 1000);
    await using folder = await temporaryFolder();
    const open = async (): Promise<number> => (await readdir("/proc/self/fd").catch(() => [])).length;
    let before = { files: 0, tensors: 0 };
    let after = before;
    const last = join(folder.path, "run-1/checkpoints/last/training.json");
    const stepOnDisk = async (): Promise<number> =>
      (JSON.parse(await readFile(last, "utf8")) as { readonly loop: { readonly step: number } }).loop.step;
    const written = new Set<number>();
    const count: Callback = {
      // The first steps open what a run needs. Each waits for the checkpoint before, which else would be left out for a newer one.
      async onTrainBatchEnd({ step }) {
        while (step > 1 && (await stepOnDisk().catch(() => 0)) < step - 1) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        const now = { files: await open(), tensors: tf.memory().numTensors };
        if (step === 10) before = now;
        if (step % 50 === 0 || step === CHECKPOINTS) after = now;
      },
    };
    const trainer = new Trainer({
      ...{ progress: false, maxSteps: CHECKPOINTS, runDir: folder.path, logs: [], callbacks: [count] },
      checkpoint: { everySteps: 1, monitor: "train/loss", saveTopK: 2 },
    });
    trainer.events$.subscribe((event) => {
      if (event.type === "checkpoint" && event.as === "last") written.add(event.step);
    });
    await trainer.fit(new TinyModel(), { train });
    expect(written.size).to.equal(CHECKPOINTS);
    // One of the best may be being written at either moment: a folder and a file.
    expect(Math.abs(after.files - before.files), "open files").to.be.at.most(3);
    expect(after.tensors, "tensors").to.equal(before.tensors);
    const names = (await readdir(join(folder.path, "run-1/checkpoints"))).sort();
    expect(names.filter((name) => name.startsWith("."))).to.deep.equal([]);
    expect(names).to.have.length(4); // two of the best, their list, the last
  });
});
