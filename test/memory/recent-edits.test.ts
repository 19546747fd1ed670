import { expect } from "chai";
import fc from "fast-check";
import { RingBuffer } from "../../lib/memory/index.js";
import { RecentEdits } from "../../lib/memory/recent-edits.js";
import type { HostTensor } from "../../lib/tensor/host.js";

describe("RecentEdits", () => {
  it("says nothing has changed, what has, or that it no longer knows", () => {
    const edits = new RecentEdits();
    expect(edits.since(0)).to.deep.equal([]);
    edits.add(3, 5);
    edits.add(7, 7);
    edits.add(0, 2);
    expect(edits.count).to.equal(2);
    expect(edits.since(1)).to.deep.equal([[0, 2]]);
    expect(edits.since(0)).to.deep.equal([
      [3, 5],
      [0, 2],
    ]);
    for (let i = 0; i < 20; i += 1) edits.add(i, i + 1);
    expect(edits.since(1)).to.equal(null);
    expect(edits.since(21)).to.deep.equal([[19, 20]]);
  });

  it("lets a copy of a memory follow it, however many batches, states and copies lie between", () => {
    const step = fc.record({ rows: fc.integer({ min: 0, max: 9 }), copies: fc.boolean(), restores: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 40 }), (capacity, steps) => {
        const buffer = new RingBuffer(capacity, 2);
        const other = new RingBuffer(capacity, 2);
        other.push({ data: Float32Array.of(-1, -2), rows: 1, size: 2 }, Int32Array.of(0));
        const { data, edits } = buffer.tensors().embeddings as Required<HostTensor>;
        const copy = data.slice();
        let known = edits.count;
        let next = 1;
        for (const { rows, copies, restores } of steps) {
          const batch = Float32Array.from({ length: rows * 2 }, () => next++);
          buffer.push({ data: batch, rows, size: 2 }, new Int32Array(rows));
          if (restores) buffer.restore(other.state);
          if (!copies) continue;
          for (const [start, end] of edits.since(known) ?? [[0, data.length] as const])
            copy.set(data.subarray(start, end), start);
          known = edits.count;
          expect(copy).to.deep.equal(data);
        }
      }),
    );
  });
});
