import { expect } from "chai";
import { date, FeatureEncoder, numeric, type FeatureSchema } from "likewise/encoders";
import type { HostTensor } from "../../../lib/tensor/host.js";
import { expectClose } from "../../support/close.js";
import { savedAndLoaded } from "../running.js";

type Row = Readonly<Record<string, unknown>>;

/** The plain numbers of each record. */
function numbersOf(features: FeatureSchema, train: readonly Row[], items = train, missing = [""]): number[][] {
  const encoder = FeatureEncoder.fit(train as never, features, { missing });
  const { data, shape } = encoder.collate(items as never)["numbers"] as HostTensor;
  const width = shape[1] as number;
  return items.map((_, row) => Array.from(data.subarray(row * width, (row + 1) * width)));
}

const columnOf = (values: readonly unknown[]): Row[] => values.map((x) => ({ x }));

describe("FeatureEncoder, numbers", () => {
  const train = columnOf([1, 2, "3", 4, null, 10]);

  it("scales to mean 0 and deviation 1, with a missing value at 0 and its mark set", () => {
    const rows = numbersOf({ x: numeric() }, train);
    const deviation = Math.sqrt([1, 2, 3, 4, 10].reduce((sum, x) => sum + (x - 4) ** 2, 0) / 5);
    expectClose(
      rows,
      [1, 2, 3, 4, null, 10].map((x) => (x === null ? [0, 1] : [(x - 4) / deviation, 0])),
    );
  });

  it("scales to 0 … 1, by logarithm, by rank, or not at all", () => {
    const first = (scale: "min-max" | "log" | "quantile" | "none") =>
      numbersOf({ x: numeric({ scale }) }, train).map(([x]) => x);
    expectClose(first("min-max"), [0, 1 / 9, 2 / 9, 1 / 3, 0, 1]);
    expectClose(first("none"), [1, 2, 3, 4, 0, 10]);
    const logs = [1, 2, 3, 4, 10].map((x) => Math.log1p(x));
    const mean = logs.reduce((sum, x) => sum + x, 0) / 5;
    const deviation = Math.sqrt(logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 5);
    expectClose(
      first("log"),
      [1, 2, 3, 4, null, 10].map((x) => (x === null ? 0 : (Math.log1p(x) - mean) / deviation)),
    );
    expectClose(
      first("quantile"),
      [0, 0.25, 0.5, 0.75, 0.5, 1].map((rank) => (rank - 0.5) * Math.sqrt(12)),
    );
    expectClose(numbersOf({ x: numeric({ scale: "log" }) }, columnOf([-5, 0, 5]))[1], [0, 0]);
  });

  it("keeps far numbers within the clip, and is steady for one number and for none", () => {
    expectClose(numbersOf({ x: numeric() }, columnOf([0, 1]), columnOf([1e30, -1e30])), [[10, 0], [-10, 0]]); // prettier-ignore
    for (const scale of ["standard", "min-max", "log", "quantile"] as const) {
      expectClose(numbersOf({ x: numeric({ scale }) }, columnOf([7, 7, 7])), [[0, 0], [0, 0], [0, 0]]); // prettier-ignore
      const none = numbersOf({ x: numeric({ scale, buckets: 2 }) }, columnOf([null, NaN]), columnOf([null, 3]));
      expect(none[0]).to.deep.equal([0, 1]);
      expect(none.flat().every(Number.isFinite)).to.equal(true);
    }
  });

  it("keeps large numbers apart that differ little, after saving too", () => {
    const encoder = FeatureEncoder.fit(columnOf([1e9, 1e9 + 1, 1e9 + 2]) as never, { x: numeric() });
    const items = columnOf([1e9, 1e9 + 2]) as never;
    const inputs = encoder.collate(items);
    const deviation = Math.sqrt(2 / 3);
    expectClose(inputs["numbers"]?.data, [-1 / deviation, 0, 1 / deviation, 0]);
    expect(savedAndLoaded(encoder).collate(items)).to.deep.equal(inputs);
  });

  it("gives each bucket of equally many numbers a row, and a missing one row 0", () => {
    const encoder = FeatureEncoder.fit(columnOf([1, 2, 3, 4, 5, 6, 7, 8, 9]) as never, { x: numeric({ buckets: 4 }) });
    const ids = encoder.collate(columnOf([null, -5, 1, 3, 4, 5, 6, 7, 99]) as never)["x/ids"];
    expect(Array.from(ids?.data ?? [])).to.deep.equal([0, 1, 1, 2, 2, 3, 3, 4, 4]);
  });
});

describe("FeatureEncoder, dates", () => {
  it("has time of day, weekday and time of year on circles, and the trend", () => {
    const train = columnOf(["2024-01-01T06:00:00Z", "2024-01-03T06:00Z"]);
    const [row = [], gone] = numbersOf({ x: date() }, train, columnOf(["2024-01-01T06:00:00Z", null]));
    const weekday = (2 * Math.PI * (Math.floor(Date.UTC(2024, 0, 1) / 86_400_000) % 7)) / 7;
    const year = (2 * Math.PI * 0.25) / 365.2425;
    expectClose(row, [1, 0, Math.sin(weekday), Math.cos(weekday), Math.sin(year), Math.cos(year), -1, 0]);
    expect(gone).to.deep.equal([0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it("reads dates, numbers and texts as the same moment, in universal time", () => {
    const moment = Date.UTC(2020, 1, 29, 12, 30);
    const same = [moment, new Date(moment), "2020-02-29T12:30Z", "2020-02-29 12:30:00", "2020-02-29T14:30:00+02:00"];
    const rows = numbersOf({ x: date() }, columnOf([0, 1e12]), columnOf(same));
    for (const row of rows) expect(row).to.deep.equal(rows[0]);
    const seconds = numbersOf({ x: date({ unit: "seconds" }) }, columnOf([0, 1e9]), columnOf([moment / 1000]));
    expect(seconds[0]).to.deep.equal(rows[0]);
    const parts = numbersOf({ x: date({ parts: ["trend", "hour"] }) }, columnOf([0, 1e12]), columnOf([moment]));
    expect(parts[0]).to.deep.equal([rows[0]?.[0], rows[0]?.[1], rows[0]?.[6], 0]);
  });
});
