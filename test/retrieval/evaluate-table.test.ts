import { expect } from "chai";
import { DataError, Random } from "likewise";
import { VectorEncoder } from "likewise/encoders";
import { IdentityHead } from "likewise/heads";
import { ComponentShare } from "likewise/metrics";
import { evaluateRetrieval, evaluateTable, type EvaluatedRow } from "likewise/retrieval";
import { matrix } from "../metrics/batches.js";
import { modelOf } from "../model/untrained-model.js";
import { failure } from "../support/failure.js";

interface Shot extends EvaluatedRow {
  readonly point: readonly number[];
}

const random = new Random("table");
const model = modelOf({ point: new VectorEncoder(3) }, (size) => new IdentityHead(size));
const shots: Shot[] = Array.from({ length: 40 }, (_, at) => ({
  label: `thing ${at % 6}`,
  isQuery: at % 2 === 0,
  isGallery: at % 3 > 0 || at % 4 === 1,
  category: at % 6 < 3 ? "shoes" : "hats",
  sequence: at % 5 === 0 ? "" : `video ${at % 7}`,
  point: Array.from(random.normals(3), (value) => value + (at % 6)),
}));
const item = (row: Shot): Promise<readonly number[]> => Promise.resolve(row.point);

describe("evaluateTable", () => {
  after(() => model[Symbol.asyncDispose]());

  it("is evaluateRetrieval of its queries and gallery, with categories, sequences and rows that are both", async () => {
    const options = { k: [1, 3], ranks: 4, falseMatchRates: [0.1], resamples: 50 } as const;
    const { componentShares, componentSharesPerClass, ...report } = await evaluateTable(model, shots, {
      ...options,
      item,
      batchSize: 7,
    });
    const [asking, searched] = [shots.filter(({ isQuery }) => isQuery), shots.filter(({ isGallery }) => isGallery)];
    const expected = await evaluateRetrieval({
      ...options,
      queries: matrix(asking.map(({ point }) => point)),
      corpus: matrix(searched.map(({ point }) => point)),
      relevant: asking.map((query) =>
        searched.flatMap((row, at) =>
          row.label === query.label && row !== query && (query.sequence === "" || row.sequence !== query.sequence)
            ? [at]
            : [],
        ),
      ),
      sequences: {
        queries: asking.map(({ sequence }) => sequence || null),
        corpus: searched.map(({ sequence }) => sequence || null),
      },
      ownRows: asking.map((query) => (query.isGallery ? searched.indexOf(query) : null)),
      classes: asking.map(({ category }) => category!),
    });
    for (const name of ["mrr", "r-precision", "precision@3", "map@3"] as const) {
      expect(report[name]).to.be.closeTo(expected[name], 1e-9);
      expect(report.perClass["hats"]![name]).to.be.closeTo(expected.perClass["hats"]![name], 1e-9);
    }
    expect(report.cmc).to.deep.equal(expected.cmc);
    expect(report.perClass["shoes"]!.cmc).to.deep.equal(expected.perClass["shoes"]!.cmc);
    expect(report.missRates).to.deep.equal(expected.missRates);
    expect(report.intervals["mrr"]!.value).to.be.closeTo(report.mrr, 1e-12);
    const used = shots.filter(({ isQuery, isGallery }) => isQuery || isGallery);
    const shareOf = async (rows: readonly Shot[]): Promise<number> => {
      const metric = new ComponentShare();
      metric.update(matrix(rows.map(({ point }) => point)));
      return metric.value();
    };
    expect(componentShares).to.deep.equal({ "0.5": await shareOf(used) });
    expect(componentSharesPerClass).to.deep.equal({
      shoes: { "0.5": await shareOf(used.filter(({ category }) => category === "shoes")) },
      hats: { "0.5": await shareOf(used.filter(({ category }) => category === "hats")) },
    });
  });

  it("is 1 for a perfect embedding, and takes a relation of labels", async () => {
    const rows = shots.map((shot) => ({
      ...shot,
      isQuery: true,
      isGallery: true,
      sequence: "",
      point: [1, Number(String(shot.label).slice(6)), 0],
    }));
    const perfect = await evaluateTable(model, rows, { item, falseMatchRates: [0] });
    expect([perfect.mrr, perfect["r-precision"], perfect.excluded]).to.deep.equal([1, 1, 0]);
    expect(perfect.missRates["0"]).to.be.below(1e-12);
    const related = await evaluateTable(model, rows, { item, relevant: (query, candidate) => query !== candidate });
    expect(related["r-precision"]).to.be.below(1);
    const plain = rows.map(({ category: _, ...row }) => row);
    const report = await evaluateTable(model, plain, { item });
    expect([report.perClass, report.componentSharesPerClass]).to.deep.equal([{}, {}]);
  });

  it("refuses what does not fit", async () => {
    const none = await failure(
      evaluateTable(
        model,
        shots.map((row) => ({ ...row, isQuery: false })),
        { item },
      ),
    );
    expect(none).to.be.instanceOf(DataError);
    expect(none.message).to.contain("needs queries and a gallery, got 0 and");
    const wrong = await failure(evaluateTable(model, shots, { item, variances: [2], ks: [1] } as never));
    expect(wrong.message).to.match(/variances(.|\n)*ks: unknown/u);
  });
});
