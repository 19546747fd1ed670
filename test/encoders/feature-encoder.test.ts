import { expect } from "chai";
import { bag, categorical, date, FeatureEncoder, numeric, text, type FeatureSchema } from "likewise/encoders";
import { ConfigError, DataError, UsageError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import type { HostTensor } from "../../lib/tensor/host.js";
import { flatten } from "../../lib/tensor/tree.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { gradientsOf } from "./gradients.js";
import { each, runTrainable, savedAndLoaded } from "./running.js";

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

describe("FeatureEncoder, categories and bags", () => {
  const people = [
    { job: "clerk", likes: ["tea", "rain"] },
    { job: 7, likes: [] },
    { job: "clerk", likes: ["tea", "tea", "snow"] },
    { job: true, likes: null },
    { job: null, likes: ["unheard of"] },
    { job: "7", likes: ["rain"] },
  ];
  const features = {
    job: categorical({ size: 3, values: 5 }),
    likes: bag({ size: 2, values: 4, hashBuckets: 2 }),
    none: numeric(),
  };
  const records = people.map((person, i) => ({ ...person, none: i }));

  it("is the rows of its tables, averaged over a bag, and so is the gradient", () => {
    const encoder = FeatureEncoder.fit(records, features);
    const init = encoder.initialize(new Random(1));
    const tables = flatten<HostTensor>(init.parameters);
    expect(Object.keys(tables)).to.deep.equal(["job/table", "likes/table"]);
    expect(tables["job/table"]?.shape).to.deep.equal([7, 3]);
    const inputs = encoder.collate(records);
    const jobs = Array.from(inputs["job/ids"]?.data ?? []);
    expect(jobs).to.deep.equal([3, 2, 3, 1, 0, 2]); // ties by text: "7" before "clerk"; true is too rare
    const bags = [["tea", "rain"], [], ["tea", "tea", "snow"], [], ["unheard of"], ["rain"]];
    const rowOf = (value: string): number => {
      const { data } = encoder.collate([{ job: null, likes: [value], none: 0 }])["likes/ids"] as HostTensor;
      return data[0] as number;
    };
    expect([rowOf("tea"), rowOf("rain")]).to.deep.equal([3, 4]); // tea occurs more often
    const likes = tables["likes/table"] as HostTensor;
    const at = (table: HostTensor, row: number, column: number): number =>
      table.data[row * (table.shape[1] as number) + column] as number;
    const expected = records.flatMap((_, i) => {
      const ids = bags[i]?.length === 0 ? [0] : (bags[i]?.map(rowOf) ?? []);
      const numbers = Array.from((inputs["numbers"] as HostTensor).data.subarray(i * 2, i * 2 + 2));
      const job = [0, 1, 2].map((column) => at(tables["job/table"] as HostTensor, jobs[i] as number, column));
      const mean = [0, 1].map((column) => ids.reduce((sum, id) => sum + at(likes, id, column), 0) / ids.length);
      return [...numbers, ...job, ...mean];
    });
    expectClose(runTrainable(encoder, inputs, init, true).values, expected);

    const size = encoder.embeddingSize;
    const cotangent = new Random("cotangent").normals(records.length * size);
    const found = gradientsOf(encoder, inputs, init, cotangent);
    const jobGradient = Array.from({ length: 7 * 3 }, (_, i) =>
      records.reduce((sum, _record, row) => {
        return sum + (jobs[row] === Math.floor(i / 3) ? (cotangent[row * size + 2 + (i % 3)] as number) : 0);
      }, 0),
    );
    expectClose(found["job/table"], jobGradient);
    const likesGradient = Array.from({ length: 7 * 2 }, (_, i) =>
      records.reduce((sum, _record, row) => {
        const ids = bags[row]?.length === 0 ? [0] : (bags[row]?.map(rowOf) ?? []);
        const times = ids.filter((id) => id === Math.floor(i / 2)).length / ids.length;
        return sum + times * (cotangent[row * size + 5 + (i % 2)] as number);
      }, 0),
    );
    expectClose(found["likes/table"], likesGradient);
  });

  it("reads a list that is written as one text, and as many of its values as count", () => {
    const one = { g: bag({ separator: "|", values: 3, minCount: 1, size: 2, longest: 3 }) };
    const encoder = FeatureEncoder.fit([{ g: "a| b|c" }], one);
    const written = encoder.collate([{ g: "a|c||b|zzz" }, { g: "" }, { g: null }]);
    expect(written).to.deep.equal(encoder.collate([{ g: ["a", "c", "b", "zzz"] }, { g: [] }, { g: null }]));
    expect(Array.from(written["g/weights"]?.data.subarray(0, 4) ?? []).filter((x) => x > 0)).to.have.length(3);
    const sum = FeatureEncoder.fit([{ g: ["a", "b"] }], { g: bag({ pooling: "sum", minCount: 1 }) });
    expect(Array.from(sum.collate([{ g: ["a", "b"] }])["g/weights"]?.data ?? [])).to.deep.equal([1, 1, 0, 0]);
  });

  it("pads bags to few widths", () => {
    const encoder = new FeatureEncoder({ g: bag({ values: 0, hashBuckets: 9, longest: 40 }) });
    const widths = new Set<number>();
    for (let length = 0; length < 100; length += 1) {
      const shape = encoder.collate([{ g: Array.from({ length }, (_, i) => i) }])["g/ids"]?.shape;
      widths.add(shape?.[1] as number);
    }
    expect([...widths]).to.deep.equal([4, 6, 8, 12, 16, 24, 32, 40]);
  });

  it("starts from 0 where the data may never train", () => {
    const encoder = new FeatureEncoder({ c: categorical({ size: 2, values: 3 }), h: categorical({ hashBuckets: 2 }) });
    const tables = flatten<HostTensor>(encoder.initialize(new Random(2)).parameters);
    expect(Array.from(tables["c/table"]?.data.subarray(0, 4) ?? [])).to.deep.equal([0, 0, 0, 0]);
    expect(tables["c/table"]?.data.subarray(4).every((value) => value !== 0)).to.equal(true);
    expect(tables["h/table"]?.data.subarray(0, 32).filter((value) => value === 0)).to.have.length(16);
  });
});

describe("FeatureEncoder", () => {
  it("does not depend on the order in which fields are declared", () => {
    const rows = [{ a: 1, b: "x", c: "y" }, { a: 2, b: "x", c: "y" }]; // prettier-ignore
    const one = FeatureEncoder.fit(rows, { a: numeric(), b: categorical(), c: text({ size: 3, buckets: 9 }) });
    const two = FeatureEncoder.fit(rows, { c: text({ size: 3, buckets: 9 }), b: categorical(), a: numeric() });
    expect(two.config).to.deep.equal(one.config);
    const run = (encoder: typeof one) =>
      runTrainable(encoder, encoder.collate(rows), encoder.initialize(new Random(1)), false).values;
    expect(run(two as typeof one)).to.deep.equal(run(one));
  });

  it("is fitted in one pass, by itself or by a trainer, and says what is not", async () => {
    const features = { a: numeric(), b: categorical(), c: numeric({ scale: "none" }), d: text({ idf: false }) };
    const rows = [{ a: 1, b: "x", c: 1, d: "" }, { a: 2, b: "x", c: 2, d: "" }]; // prettier-ignore
    const encoder = new FeatureEncoder(features);
    expect(encoder.fitted).to.equal(false);
    expect(() => encoder.collate(rows)).to.throw(UsageError, 'scales and values of "a", "b". A Trainer');
    let passes = 0;
    await encoder.fit(
      (async function* () {
        passes += 1;
        yield* each(rows);
      })(),
    );
    expect([encoder.fitted, passes]).to.deep.equal([true, 1]);
    expect(encoder.weights).to.deep.equal(FeatureEncoder.fit(rows, features).weights);
    expect(await failure(encoder.fit(each([])))).to.be.instanceOf(DataError).with.property("message").match(/no records/u); // prettier-ignore
    expect(new FeatureEncoder({ h: categorical({ values: 0, hashBuckets: 8 }) }).fitted).to.equal(true);
  });

  it("names position, field and value of what a field may not hold, and what to do", () => {
    const good = { n: 1, c: "a", b: ["x"], d: 0, t: "" };
    const features = { n: numeric(), c: categorical(), b: bag(), d: date(), t: text() };
    const encoder = FeatureEncoder.fit([good], features, { missing: ["", "?"] });
    const cases: readonly (readonly [object, RegExp])[] = [
      [
        { n: "many" },
        /item 1, field "n": expected a finite number or the text of one, got "many"; write null .*"missing"/u,
      ],
      [{ n: Infinity }, /field "n".*got Infinity/u],
      [{ n: true }, /field "n".*got true/u],
      [{ c: { a: 1 } }, /field "c": expected a text, a number, true or false, got \{ a: 1 \}/u],
      [{ b: "x|y" }, /field "b": expected a list \(or a text, with the option separator\), got "x\|y"/u],
      [{ b: ["x", null] }, /field "b", value 1: expected a text/u],
      [
        { d: "31.12.2020" },
        /field "d": expected a Date, a number of milliseconds, or a text such as .*got "31.12.2020"/u,
      ],
      [{ d: new Date(NaN) }, /field "d"/u],
      [{ d: "2020-13-01" }, /field "d"/u],
      [{ t: 5 }, /field "t": expected a text, got 5/u],
      [{ n: undefined }, /item 1, field "n": the record has no such field; it has n, c, b, d, t\. Write null/u],
    ];
    for (const [change, message] of cases) {
      const items = [good, { ...good, ...change }] as never;
      expect(() => encoder.collate(items), String(message)).to.throw(DataError, message);
      expect(() => FeatureEncoder.fit(items, features), String(message)).to.throw(DataError, message);
    }
    expect(() => encoder.collate([null] as never)).to.throw(DataError, "item 0: expected a record, got null");
    const without = { n: "?", c: "?", b: "?", d: "?", t: "?" };
    const inputs = encoder.collate([without] as never);
    expect(inputs).to.deep.equal(encoder.collate([{ n: null, c: null, b: null, d: null, t: null }]));
  });

  it("lists all that is wrong with a schema at once", () => {
    const wrong = {
      a: numeric({ scale: "best" as "log", clip: 0, buckets: 1, wide: 3 } as object),
      b: categorical({ values: -1, hashBuckets: 0 }),
      c: bag({ pooling: "max" as "sum", separator: "" }),
      d: date({ parts: ["second" as "hour"], unit: "days" as "seconds" }),
      e: text({ size: 0 }),
      f: { type: "colour" } as never,
      "g/h": numeric(),
    };
    const problems = (() => {
      try {
        new FeatureEncoder(wrong, { missing: "?" as never });
      } catch (error) {
        return (error as ConfigError).problems;
      }
      return [];
    })();
    expect(problems).to.have.length(14);
    const start = problems.map((problem) => problem.split(": ").slice(0, 3).join(": "));
    for (const one of [
      "a: numeric: wide",
      "b: categorical: values",
      "c: bag: pooling",
      "d: date: parts",
      "e: text: size",
    ])
      expect(start).to.include(one);
    expect(problems.some((problem) => problem.startsWith('"g/h": a field needs a name'))).to.equal(true);
    expect(() => new FeatureEncoder({})).to.throw(ConfigError, "at least one field");
  });

  it("refuses saved features and weights that are not whole", () => {
    const encoder = FeatureEncoder.fit([{ a: 1, b: "x" }], { a: numeric(), b: categorical() });
    const { features, missing } = encoder.config as {
      features: Record<string, { options: object }>;
      missing: string[];
    };
    const { clip: _clip, ...rest } = features["a"]?.options as { clip: number };
    const less = { missing, features: { ...features, a: { type: "numeric", options: rest } } };
    expect(() => FeatureEncoder.from(less as never, {})).to.throw(ConfigError, "clip: missing");
    const { "a/scale": _scale, ...weights } = encoder.weights;
    expect(() => FeatureEncoder.from(encoder.config, weights)).to.throw("scale: expected int32 [4]");
    const more = { ...encoder.weights, "z/scale": encoder.weights["a/scale"] as HostTensor };
    expect(() => FeatureEncoder.from(encoder.config, more)).to.throw(ConfigError, "z/scale belongs to no field");
  });

  it("takes records of its fields alone, when it is compiled", () => {
    const encoder = FeatureEncoder.fit([{ a: 1 }], { a: numeric() });
    // @ts-expect-error the record has no field a
    expect(() => encoder.collate([{ b: 1 }])).to.throw(DataError);
    // @ts-expect-error a number is no truth value
    expect(() => encoder.collate([{ a: true }])).to.throw(DataError);
    expect(encoder.collate([{ a: 1, other: "allowed" } as { a: number }])).to.have.property("numbers");
  });
});
