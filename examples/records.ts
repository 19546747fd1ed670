/**
 * People of a census: who is like whom, in what matters for income? Numbers and categories of a CSV file (Adult, UCI).
 *
 *   node --conditions=likewise-source --import tsx examples/records.ts ../shared/data/rec/adult [--json]
 */
import { join } from "node:path";
import { TrainableModel, Trainer, type HostMatrix } from "likewise";
import { GroupLoader, readCsv, type CsvRow } from "likewise/data";
import { categorical, FeatureEncoder, freeze, numeric } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import { SupervisedContrastiveLoss } from "likewise/losses";
import { adam } from "likewise/optim";
import { NearestClassifier } from "likewise/retrieval";
import { folderFrom, frozenVectors, groupFigures, printFigures, type Figure } from "./figures.js";
import { plainly } from "./plainly.js";

const job = categorical({ size: 8, values: 50 });
const features = {
  age: numeric({ buckets: 10 }),
  "education-num": numeric(),
  "hours-per-week": numeric({ buckets: 5 }),
  "capital-gain": numeric({ scale: "log", buckets: 20 }),
  "capital-loss": numeric({ scale: "log", buckets: 20 }),
  ...{ workclass: job, occupation: job, relationship: job, "marital-status": job, "native-country": job, sex: job },
};
type Person = CsvRow<keyof typeof features | "income">;

class People extends TrainableModel<"group", Person> {
  override configureEncoders = () => new FeatureEncoder(features, { missing: ["?"] });
  override configureHead = (inputSize: number) =>
    new DenseHead(inputSize, { outputSizes: [64, 16], activation: "relu" });
  override configureLoss = () => new SupervisedContrastiveLoss();
  override configureOptimizer = () => adam({ learningRate: 2e-3 });
}

await plainly(async () => {
  const columns = [...Object.keys(features), "income"] as (keyof Person)[];
  const people = await readCsv(join(folderFrom("../shared/data/rec/adult"), "adult.csv.gz"), {
    columns,
  }).toArray();
  const [known, asked] = [people.slice(0, 26_048), people.slice(26_048)];
  const incomes = (some: readonly Person[]) => some.map(({ income }) => income);
  const figures = async (name: string, left: HostMatrix, right: HostMatrix): Promise<Figure[]> => {
    const found = await new NearestClassifier(left, incomes(known), { k: 25 }).classify(right);
    const correct = found.filter(({ label }, at) => label === asked[at]?.income).length;
    const value = correct / found.length;
    return [{ model: name, measure: "accuracy", value }, ...(await groupFigures(name, right, incomes(asked)))];
  };
  const untrained = freeze(FeatureEncoder.fit(known, features, { missing: ["?"] }));
  const samples = known.map((item) => ({ item, group: item.income }));
  const train = new GroupLoader(samples, { batchSize: 256, balance: false });
  await using model = await new Trainer({ maxEpochs: 6 }).fit(new People(), { train });
  printFigures("6,513 people, by the nearest 25 of 26,048", [
    ...(await figures("features", await frozenVectors(untrained, known), await frozenVectors(untrained, asked))),
    ...(await figures("trained", await model.encode(known), await model.encode(asked))),
  ]);
});
