import { expect } from "chai";
import { bag, categorical, date, FeatureEncoder, numeric, text } from "likewise/encoders";
import { ConfigError, DataError, UsageError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import type { HostTensor } from "../../lib/tensor/host.js";
import { failure } from "../support/failure.js";
import { each, runTrainable } from "./running.js";

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
