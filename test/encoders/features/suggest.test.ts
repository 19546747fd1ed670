import { expect } from "chai";
import { readCsv } from "likewise/data";
import { FeatureEncoder, suggestFeatures } from "likewise/encoders";
import { DataError } from "../../../lib/errors.js";
import { sharedPath } from "../../support/shared.js";

describe("suggestFeatures", () => {
  it("tells numbers, dates, lists, texts and categories apart, and leaves out what tells nothing", () => {
    const words = ["red", "green", "blue", "small", "large", "old", "new"];
    const records = Array.from({ length: 200 }, (_, i) => ({
      id: i,
      code: `x${i}`,
      same: 1,
      price: i % 7 === 0 ? "" : `${i / 4}`,
      colour: words[i % 3] ?? "",
      sold: i % 2 === 0,
      day: `2024-01-${String(1 + (i % 28)).padStart(2, "0")}`,
      tags: [words[i % 7] ?? "", words[i % 5] ?? ""],
      written: `${words[i % 7]}|${words[i % 5]}`,
      title: `${words[i % 7]} and ${words[i % 5]} thing number ${i}`,
      empty: null,
    }));
    const found = suggestFeatures(records);
    const types = Object.fromEntries(Object.entries(found).map(([name, { type }]) => [name, type]));
    expect(types).to.deep.equal({
      ...{ price: "numeric", colour: "categorical", sold: "categorical", day: "date" },
      ...{ tags: "bag", written: "bag", title: "text" },
    });
    expect(found.written.options).to.deep.equal({ separator: "|" });
    const encoder = FeatureEncoder.fit(records, found);
    expect(encoder.collate(records)["price/ids"]).to.equal(undefined);
    expect(encoder.collate(records)["numbers"]?.shape[0]).to.equal(200);
  });

  it("needs a record", () => {
    expect(() => suggestFeatures([])).to.throw(DataError, "no records");
  });

  it("suggests what fits the movies of a file", async function () {
    const file = sharedPath(this, "data/rec/ml-latest-small/movies.csv");
    const movies = await readCsv(file, { columns: ["movieId", "title", "genres"] }).toArray();
    const features = suggestFeatures(movies.slice(0, 1000));
    expect(Object.entries(features).map(([name, { type }]) => [name, type])).to.deep.equal([
      ["title", "text"],
      ["genres", "bag"],
    ]);
    const inputs = FeatureEncoder.fit(movies, features).collate(movies.slice(0, 50));
    expect(inputs["genres/ids"]?.shape).to.deep.equal([50, 6]);
  });
});
