import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { SimilarityModel, Trainer } from "likewise";
import { modelCard } from "../../lib/model/model-card.js";
import { temporaryFolder } from "../support/folder.js";
import { TinyEncoder, TinyHead, TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";

const train = new TinyLoader(tinySamples(4, 6), 12);

describe("the card of a model", () => {
  it("is written beside it: parts, training, and what was told", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "model");
    const trainer = new Trainer({ progress: false, maxEpochs: 2, seed: 7 });
    await using model = await trainer.fit(new TinyModel(), { train, validation: train });
    await model.save(path, {
      description: "Finds like vectors.",
      evaluation: { "r-precision": { value: 0.5, low: 0.4, high: 0.6 }, auc: 0.75 },
      license: "MIT",
    });
    const card = await readFile(join(path, "README.md"), "utf8");
    for (const text of [
      "# TinyModel",
      "Finds like vectors.",
      "SimilarityModel.load",
      "TinyEncoder",
      "TinyHead",
      "| loss | TinyLoss `{",
      "| seed | 7 |",
      "4 in 2 epochs of about 2 batches",
      "| maxEpochs | `2` |",
      "| train data | 2 batches an epoch, 4 groups |",
      "| validation data | 2 batches an epoch |",
      "## History",
      "| step | epoch | train/loss |",
      "| train/loss |",
      "| r-precision | 0.5000 | 0.4000 to 0.6000 |",
      "| auc | 0.7500 |  |",
      "## License",
    ]) {
      expect(card).to.include(text);
    }
    await using again = await SimilarityModel.load(path, { parts: [TinyEncoder, TinyHead] });
    expect(again.content.training).to.deep.equal(model.content.training);
    expect(again.content.training!.steps).to.equal(4);
    const { history, metrics } = again.content.training!;
    expect(history!.map(({ step }) => step)).to.deep.equal([2, 4]);
    expect(history![1]!.values["validation/loss"]).to.equal(metrics["validation/loss"]);
  });

  it("says what it can of a model whose training is not known, and text cannot break its tables", async () => {
    const trainer = new Trainer({ progress: false, maxEpochs: 1 });
    await using model = await trainer.fit(new TinyModel(), { train });
    const card = modelCard({ ...model.content, training: null }, { evaluation: { "a | b\nc": 1 } });
    expect(card).to.include("# Similarity model");
    expect(card).not.to.include("## Training");
    expect(card).to.include("| a \\| b c | 1 |");
  });
});
