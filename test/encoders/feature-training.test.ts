import { expect } from "chai";
import { join } from "node:path";
import { readFile } from "node:fs/promises";
import { SimilarityModel, TrainableModel, Trainer } from "likewise";
import { GroupLoader, readCsv, type CsvRow } from "likewise/data";
import { bag, categorical, FeatureEncoder, freeze, numeric, type Feature } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { SupervisedContrastiveLoss } from "likewise/losses";
import { RPrecision } from "likewise/metrics";
import { adam } from "likewise/optim";
import type { HostMatrix } from "../../lib/tensor/host.js";
import { Random } from "../../lib/random.js";
import { sharedPath } from "../support/shared.js";
import { temporaryFolder } from "../support/folder.js";
import { runTrainable } from "./running.js";

const features = {
  age: numeric({ buckets: 5 }),
  "hours-per-week": numeric(),
  "education-num": numeric(),
  occupation: categorical({ size: 8, values: 50 }),
  relationship: categorical({ size: 8, values: 50 }),
};
type Person = CsvRow<keyof typeof features | "income">;

class People extends TrainableModel<"group", Person> {
  override configureEncoders = () => new FeatureEncoder(features, { missing: ["?"] });
  override configureHead = (inputSize: number) => new DenseHead(inputSize, { outputSizes: [32, 8] });
  override configureLoss = () => new SupervisedContrastiveLoss();
  override configureOptimizer = () => adam({ learningRate: 5e-3 });
}

async function precision({ data, rows, size }: HostMatrix, people: readonly Person[]): Promise<number> {
  const metric = new RPrecision();
  metric.update({ data, rows, size }, { groups: Int32Array.from(people, ({ income }) => (income === ">50K" ? 1 : 0)) });
  return metric.value();
}

describe("A model of records", () => {
  it("learns from a census what matters for income, and is the same after saving", async function () {
    const folder = sharedPath(this, "data/rec/adult");
    const columns = [...Object.keys(features), "income"] as (keyof Person)[];
    const people = await readCsv(join(folder, "adult.csv.gz"), { columns }).toArray();
    const [known, asked] = [people.slice(0, 6000), people.slice(6000, 7000)];
    const train = new GroupLoader(
      known.map((item) => ({ item, group: item.income })),
      { batchSize: 250, balance: false },
    );
    const untrained = freeze(FeatureEncoder.fit(known, features, { missing: ["?"] }));
    const before = { data: await untrained.embed(asked), rows: asked.length, size: untrained.embeddingSize };
    await using model = await new Trainer({ maxEpochs: 4, progress: false }).fit(new People(), { train });
    const after = await model.encode(asked);
    expect(await precision(after, asked)).to.be.greaterThan((await precision(before, asked)) + 0.05);

    await using saved = await temporaryFolder();
    const path = join(saved.path, "model");
    await model.save(path);
    await using loaded = await SimilarityModel.load<Person>(path);
    expect((await loaded.encode(asked)).data).to.deep.equal(after.data);
  }).timeout(20_000);

  it("takes the sixty fields of an advertiser's table", async function () {
    const file = join(sharedPath(this, "data/rec/taac2026-schema"), "online_schema.schema.json");
    type Fields = readonly (readonly [id: number, values: number, longest: number])[];
    const schema = JSON.parse(await readFile(file, "utf8")) as { readonly user_int: Fields; readonly item_int: Fields };
    const fields = [
      ...schema.user_int.map((field) => ["user", ...field] as const),
      ...schema.item_int.map((field) => ["item", ...field] as const),
    ];
    const shared = { size: 4, values: 0 };
    const wide: Record<string, Feature<readonly number[] | number>> = {};
    for (const [side, id, values, longest] of fields) {
      const options = { ...shared, hashBuckets: Math.min(values + 1, 5000) };
      wide[`${side} ${id}`] = (longest > 1 ? bag({ ...options, longest }) : categorical(options)) as never;
    }
    const random = new Random(1);
    const records = Array.from({ length: 64 }, () =>
      Object.fromEntries(
        fields.map(([side, id, values, longest]) => {
          const value = (): number => random.integer(values);
          return [`${side} ${id}`, longest > 1 ? Array.from({ length: random.integer(longest + 1) }, value) : value()];
        }),
      ),
    );
    const encoder = new FeatureEncoder(wide);
    expect(encoder.fitted).to.equal(true);
    expect(encoder.embeddingSize).to.equal(4 * fields.length);
    const run = runTrainable(encoder, encoder.collate(records), encoder.initialize(new Random(1)), true);
    expect(run.shape).to.deep.equal([64, 240]);
    expect(run.values.every(Number.isFinite)).to.equal(true);
  });
});
