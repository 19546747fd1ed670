import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, cp, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
  AssemblyError,
  attach,
  FileFormatError,
  Trainer,
  UsageError,
  type FitOptions,
  type JsonObject,
  type TrainerOptions,
} from "likewise";
import { RPrecision } from "likewise/metrics";
import { writeCheckedJsonFile, type FileFormat } from "../../lib/store/json-file.js";
import { temporaryFolder } from "../support/folder.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 12);

class Measured extends TinyModel {
  override configureMetrics() {
    return attach(new RPrecision());
  }
}

async function run(options: TrainerOptions, fit: FitOptions = {}) {
  const trainer = new Trainer({ progress: false, logs: [], ...options });
  const seen = watch(trainer);
  const error: unknown = await trainer
    .fit(new Measured(), { train, validation }, { parts: [TinyEncoder, TinyHead], ...fit })
    .then(() => null)
    .catch((thrown: unknown) => thrown);
  return { seen, error };
}

const precision = { monitor: "validation/r-precision" };
const loss = { monitor: "validation/loss" };
/** Rewrites a checkpoint's state as an older release would have written it. */
async function age(directory: string, change: (state: Record<string, JsonObject>) => void): Promise<void> {
  const file = join(directory, "training.json");
  const { format, version, checksum, ...state } = JSON.parse(await readFile(file, "utf8")) as Record<
    string,
    JsonObject
  >;
  void checksum;
  change(state);
  await writeCheckedJsonFile(file, { format, version } as unknown as FileFormat, state);
}

describe("Resuming with something else to watch", () => {
  it("looks for the best anew, and says so", async () => {
    await using folder = await temporaryFolder();
    await run({ maxEpochs: 2, runDir: folder.path, checkpoint: precision });
    const { seen, error } = await run({ maxEpochs: 4, runDir: folder.path, checkpoint: loss }, { resume: "last" });
    expect(error).to.equal(null);
    const [told] = seen.of("warning").filter(({ code }) => code === "RESUMED_MONITOR");
    expect(told?.message).to.match(/watched "validation\/r-precision" \(max\).*the best is looked for anew/u);
    const [best] = seen.of("checkpoint").filter(({ as }) => as === "best");
    expect(best?.score).to.equal(seen.of("validationEnd")[0]?.values["validation/loss"]);
  });

  it("does not compare with values of the other, neither to end early nor in the list of the best", async () => {
    await using folder = await temporaryFolder();
    const stopping = { patience: 1, minDelta: 0 };
    await run({ maxEpochs: 2, runDir: folder.path, earlyStopping: { ...stopping, ...precision, patience: 9 } });
    const stopped = await run(
      { maxEpochs: 4, runDir: folder.path, earlyStopping: { ...stopping, ...loss } },
      { resume: "last" },
    );
    const [end] = stopped.seen.of("stopped");
    const values = stopped.seen.of("validationEnd").map(({ values }) => values["validation/loss"] ?? NaN);
    expect(values.length, end?.message).to.be.greaterThan(1);
    await using other = await temporaryFolder();
    await run({ maxEpochs: 2, runDir: other.path, checkpoint: { ...precision, saveTopK: 2 } });
    await run({ maxEpochs: 4, runDir: other.path, checkpoint: { ...loss, saveTopK: 2 } }, { resume: "last" });
    const again = await run(
      { maxEpochs: 5, runDir: other.path, checkpoint: { ...loss, saveTopK: 2 } },
      { resume: "last" },
    );
    expect(again.seen.of("warning").map(({ code }) => code)).to.not.include("RESUMED_MONITOR");
    const list = JSON.parse(await readFile(join(other.path, "run-1/checkpoints/kept.json"), "utf8")) as {
      readonly kept: readonly { readonly step: number }[];
    };
    expect(Math.min(...list.kept.map(({ step }) => step))).to.be.greaterThan(8);
  });

  it("goes on with a checkpoint of an older release, which does not say what was watched", async () => {
    await using folder = await temporaryFolder();
    const options = { runDir: folder.path, checkpoint: loss, earlyStopping: { ...loss, patience: 9 } };
    await run({ maxEpochs: 2, ...options });
    await age(join(folder.path, "run-1/checkpoints/last"), (state) => {
      delete state["watched"];
      delete state["files"];
      delete (state["identity"] as Record<string, unknown>)["ema"];
      delete (state["earlyStopping"] as Record<string, unknown>)["watched"];
    });
    const { seen, error } = await run({ maxEpochs: 3, ...options }, { resume: "last" });
    expect(error).to.equal(null);
    expect(seen.of("warning").map(({ code }) => code)).to.not.include("RESUMED_MONITOR");
  });
});

describe("Resuming from pieces of several checkpoints", () => {
  for (const file of ["training.safetensors", "model/weights.safetensors"]) {
    it(`is refused by the name of the file: ${file}`, async () => {
      await using folder = await temporaryFolder();
      const last = join(folder.path, "run-1/checkpoints/last");
      const older = join(folder.path, "older");
      await run({ maxEpochs: 1, runDir: folder.path });
      await cp(last, older, { recursive: true });
      await run({ maxEpochs: 2, runDir: folder.path }, { resume: "last" });
      await copyFile(join(older, file), join(last, file));
      const { error } = await run({ maxEpochs: 3, runDir: folder.path }, { resume: "last" });
      expect(error).to.be.instanceOf(FileFormatError);
      expect((error as Error).message).to.match(
        new RegExp(`last/${file}: was not written together with the files beside it`, "u"),
      );
      expect((await run({ maxEpochs: 2 }, { resume: older })).error).to.equal(null);
    });
  }
});

describe("A run that is being trained", () => {
  it("is not trained by another trainer at the same time, and goes on when the first has ended", async () => {
    await using folder = await temporaryFolder();
    const runDir = folder.path;
    await run({ maxEpochs: 1, runDir });
    const both = await Promise.all([1, 2].map(() => run({ maxEpochs: 3, runDir }, { resume: "last" })));
    const [refused, ...others] = both.map(({ error }) => error).filter((error) => error !== null);
    expect(others).to.deep.equal([]);
    expect(refused).to.be.instanceOf(UsageError);
    expect((refused as Error).message).to.match(
      /run-1 is being trained by another process or thread, which run\.lock in it names/u,
    );
    expect((await run({ maxEpochs: 4, runDir }, { resume: "last" })).error).to.equal(null);
    expect(existsSync(join(runDir, "run-1/run.lock"))).to.equal(false);
  });

  it("is refused while another process lives, and taken over from one that has ended or is of another machine", async () => {
    await using folder = await temporaryFolder();
    const runDir = folder.path;
    await run({ maxEpochs: 1, runDir });
    const child = spawn(process.execPath, ["--eval", "setInterval(() => undefined, 1000)"], { stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const stat = await readFile(`/proc/${child.pid ?? 0}/stat`, "utf8").catch(() => "");
    const began = stat.slice(stat.lastIndexOf(")")).split(" ")[20] ?? "";
    const lock = (host: string): Promise<void> =>
      writeFile(join(runDir, "run-1/run.lock"), JSON.stringify({ process: child.pid, host, began }));
    const attempt = async (): Promise<unknown> => (await run({ maxEpochs: 2, runDir }, { resume: "last" })).error;
    await lock(hostname());
    expect(await attempt()).to.be.instanceOf(UsageError);
    await lock("elsewhere");
    expect(await attempt()).to.equal(null);
    await lock(hostname());
    child.kill("SIGKILL");
    await ended;
    expect(await attempt()).to.equal(null);
  });
});

describe("Resuming with another moving average", () => {
  it("is among the differences, whether it is added, removed or changed", async () => {
    await using folder = await temporaryFolder();
    const runDir = folder.path;
    const problemsOf = async (options: TrainerOptions): Promise<readonly string[]> => {
      const { error } = await run({ maxEpochs: 2, runDir, ...options }, { resume: "last" });
      expect(error).to.be.instanceOf(AssemblyError);
      return (error as AssemblyError).problems;
    };
    await run({ maxEpochs: 1, runDir });
    expect((await problemsOf({ ema: { decay: 0.9 } }))[0]).to.match(/^ema: the checkpoint has null, .*"decay":0\.9/u);
    await run({ maxEpochs: 1, runDir, ema: { decay: 0.9 } });
    expect((await problemsOf({}))[0]).to.match(/^ema: the checkpoint has .*"decay":0\.9.* now has null$/u);
    expect((await problemsOf({ ema: { decay: 0.5 } }))[0]).to.match(/^ema: .*"decay":0\.9.*"decay":0\.5/u);
    const older = (state: Record<string, JsonObject>): void => {
      delete (state["identity"] as Record<string, unknown>)["ema"];
    };
    await age(join(runDir, "run-2/checkpoints/last"), older);
    expect((await problemsOf({}))[0]).to.match(/^ema: /u);
    expect((await run({ maxEpochs: 2, runDir, ema: { decay: 0.9 } }, { resume: "last" })).error).to.equal(null);
  });
});
