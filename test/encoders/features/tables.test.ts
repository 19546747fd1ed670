import { expect } from "chai";
import { bag, categorical, FeatureEncoder, numeric } from "likewise/encoders";
import { Random } from "../../../lib/random.js";
import type { HostTensor } from "../../../lib/tensor/host.js";
import { flatten } from "../../../lib/tensor/tree.js";
import { expectClose } from "../../support/close.js";
import { gradientsOf } from "../gradients.js";
import { runTrainable } from "../running.js";

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
