import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { log, Trainer, type Callback, type Results, type TrainerOptions } from "likewise";
import { temporaryFolder } from "../support/folder.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 4), 12);
const validation = new TinyLoader(tinySamples(6, 2, 6, 2), 12);

/** Which epoch each thing says it is of. */
class Telling extends TinyModel {
  readonly told: string[] = [];
  override processResults({ stage, epoch }: Results<"group">) {
    this.told.push(`${stage} ${epoch}`);
    log(`epoch-of-${stage}`, epoch);
  }
}

async function run(options: TrainerOptions, resume?: "last") {
  await using folder = await temporaryFolder();
  const told: string[] = [];
  const hook =
    (name: string): NonNullable<Callback["onTrainEpochStart"]> =>
    ({ epoch }) =>
      void told.push(`${name} ${epoch}`);
  const names = ["onTrainEpochStart", "onTrainBatchEnd", "onTrainEpochEnd", "onValidationStart", "onValidationEnd"];
  const callbacks = [Object.fromEntries(names.map((name) => [name, hook(name)])) as Callback];
  const given = {
    ...{ progress: false, logEvery: 1, runDir: folder.path, callbacks },
    logs: ["jsonLines", "csv"],
  } as const;
  const model = new Telling();
  const trainer = new Trainer({ ...given, ...options });
  const seen = watch(trainer);
  await trainer.fit(model, { train, validation });
  let fitted = trainer;
  if (resume !== undefined) {
    fitted = new Trainer({ ...given, ...options, maxEpochs: 4 });
    await fitted.fit(model, { train, validation }, { resume, parts: [TinyEncoder, TinyHead] });
  }
  const lines = (await readFile(join(folder.path, "run-1/metrics.jsonl"), "utf8")).trim().split("\n");
  return {
    rows: lines.map((line) => JSON.parse(line) as Record<string, number>),
    csv: (await readFile(join(folder.path, "run-1/metrics.csv"), "utf8")).trim().split("\n"),
    names: await readdir(join(folder.path, "run-1/checkpoints")),
    card: await readFile(join(folder.path, "run-1/checkpoints/last/model/README.md"), "utf8"),
    ...{ told, seen, model, trainer: fitted },
  };
}

describe("Epochs count from 0 everywhere, and a validation is of the epoch that has ended", () => {
  const checkpoint = { monitor: "validation/loss", saveTopK: -1, filename: "epoch{epoch}-step{step}" } as const;

  it("in log files, events, callbacks, processResults and names of checkpoints", async () => {
    const { rows, csv, names, told, seen, model } = await run({ maxEpochs: 2, checkpoint });
    const of = (name: string) => rows.filter((row) => name in row).map(({ step, epoch }) => [step, epoch]);
    expect(of("train/loss")).to.deep.equal([
      [2, 0],
      [4, 1],
    ]);
    expect(of("validation/loss")).to.deep.equal(of("train/loss"));
    expect(csv.slice(1).map((line) => line.split(",").slice(0, 2).join())).to.deep.equal(
      rows.map(({ step, epoch }) => `${step},${epoch}`),
    );
    expect(names.filter((name) => name.startsWith("epoch")).sort()).to.deep.equal(["epoch0-step2", "epoch1-step4"]);
    expect([...new Set(told.slice(told.indexOf("onTrainEpochStart 0")))]).to.deep.equal(
      [0, 1].flatMap((epoch) =>
        ["onTrainEpochStart", "onTrainBatchEnd", "onTrainEpochEnd", "onValidationStart", "onValidationEnd"].map(
          (name) => `${name} ${epoch}`,
        ),
      ),
    );
    const results = model.told.slice(model.told.findIndex((each) => each.startsWith("train")));
    expect([...new Set(results)]).to.deep.equal(["train 0", "validation 0", "train 1", "validation 1"]);
    expect(seen.of("metrics").map(({ epoch }) => epoch)).to.deep.equal(rows.map(({ epoch }) => epoch));
    expect(seen.of("stopped")[0]?.epochs).to.equal(2);
  });

  it("also when validation comes by steps, and when a run is resumed", async () => {
    const { rows } = await run({ maxEpochs: 2, validateEvery: { steps: 1 } }, "last");
    const of = (name: string) => rows.filter((row) => name in row).map(({ step, epoch }) => `${step} ${epoch}`);
    expect(of("validation/loss")).to.deep.equal(["1 0", "2 0", "3 1", "4 1", "5 2", "6 2", "7 3", "8 3"]);
    expect(of("train/loss")).to.deep.equal(["2 0", "4 1", "6 2", "8 3"]);
    const byEpochs = await run({ maxEpochs: 2 }, "last");
    const last = byEpochs.rows.at(-1);
    expect([last?.["step"], last?.["epoch"], last?.["epoch-of-validation"]]).to.deep.equal([8, 3, 3]);
    await byEpochs.trainer.validate(byEpochs.model, validation);
    expect(byEpochs.model.told.at(-1)).to.equal("validation 3");
  });
});
