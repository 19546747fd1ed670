import { expect } from "chai";
import fc from "fast-check";
import { ShapeError } from "../../lib/errors.js";
import { RingBuffer } from "../../lib/memory/index.js";
import type { HostMatrix } from "../../lib/tensor/host.js";
import { readGolden } from "../support/shared.js";

const rowsOf = (values: readonly (readonly number[])[], size: number): HostMatrix => ({
  data: Float32Array.from(values.flat()),
  rows: values.length,
  size,
});

/** What is held, as rows in the order of the slots. */
function held(buffer: RingBuffer): { embeddings: number[][]; groups: number[] } {
  const { embeddings, groups, valid } = buffer.tensors();
  const slots = Array.from(valid.data).flatMap((here, slot) => (here === 1 ? [slot] : []));
  return {
    embeddings: slots.map((slot) => Array.from(embeddings.data.subarray(slot * buffer.size, (slot + 1) * buffer.size))),
    groups: slots.map((slot) => groups.data[slot] as number),
  };
}

describe("RingBuffer", () => {
  it("replaces exactly the slots from the pointer on by the newest rows of the batch", () => {
    const sizes = { capacity: fc.integer({ min: 1, max: 7 }), size: fc.integer({ min: 1, max: 3 }) };
    fc.assert(
      fc.property(fc.record(sizes), fc.array(fc.integer({ min: 0, max: 17 })), ({ capacity, size }, batches) => {
        const buffer = new RingBuffer(capacity, size);
        let slots: (number | null)[] = new Array<null>(capacity).fill(null);
        let seen = 0;
        let pointer = 0;
        for (const count of batches) {
          const groups = Int32Array.from({ length: count }, (_, i) => seen + i);
          const data = Float32Array.from({ length: count * size }, (_, i) => seen * size + i);
          expect(buffer.push({ data, rows: count, size }, groups)).to.equal(Math.max(0, count - capacity));
          const kept = Math.min(count, capacity);
          const { groups: present, embeddings } = held(buffer);
          const after = slots.map((_, slot) =>
            buffer.tensors().valid.data[slot] === 1 ? buffer.tensors().groups.data[slot] : null,
          );
          const written = new Set(Array.from({ length: kept }, (_, i) => (pointer + i) % capacity));
          slots.forEach((row, slot) => written.has(slot) || expect(after[slot]).to.equal(row));
          const newest = Array.from(groups.slice(count - kept));
          expect([...written].map((slot) => after[slot]).toSorted((a, b) => Number(a) - Number(b))).to.deep.equal(
            newest,
          );
          expect(embeddings).to.deep.equal(
            present.map((row) => Array.from({ length: size }, (_, i) => row * size + i)),
          );
          slots = after as (number | null)[];
          seen += count;
          pointer = (pointer + kept) % capacity;
          expect(buffer.state.pointer).to.equal(pointer);
          expect(buffer.filled).to.equal(Math.min(capacity, seen));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("equals the golden states, except that a batch larger than the buffer keeps its newest rows", function () {
    const cases = readGolden("quaterion/xbm_buffer");
    if (cases === null) return this.skip();
    let compared = 0;
    for (const { tag, config, inputs, expected } of cases) {
      if (inputs["queue"] === undefined) continue;
      const [capacity, size] = [config["buffer_size"] as number, config["embedding_size"] as number];
      const buffer = new RingBuffer(capacity, size);
      const queue = inputs["queue"] as { embeddings: number[][]; targets: number[] }[];
      (expected["states"] as GoldenState[]).forEach((state, step) => {
        const { embeddings, targets } = queue[step] as { embeddings: number[][]; targets: number[] };
        buffer.push(rowsOf(embeddings, size), Int32Array.from(targets));
        if (state.error !== undefined) {
          expect(
            held(buffer).groups.toSorted((a, b) => a - b),
            tag,
          ).to.deep.equal(targets.slice(-capacity));
          return;
        }
        const { pointer, filled } = buffer.state;
        expect({ pointer, full: filled === capacity }, tag).to.deep.equal({
          pointer: state.pointer,
          full: state.is_full,
        });
        expect(held(buffer), tag).to.deep.equal({ embeddings: state.embeddings, groups: state.targets });
        compared += 1;
      });
    }
    expect(compared).to.be.greaterThan(10);
    return undefined;
  });

  it("fills and wraps as the golden queue of pytorch-metric-learning does", function () {
    const cases = readGolden("pml/cross_batch_memory");
    if (cases === null) return this.skip();
    for (const { tag, config, inputs, expected } of cases) {
      const batches = inputs["batches"] as { embeddings: number[][]; labels: number[] }[];
      const size = batches[0]?.embeddings[0]?.length ?? 0;
      const capacity = config["memory_size"] as number;
      const buffer = new RingBuffer(capacity, size);
      const seen: number[] = [];
      (expected["steps"] as { queue_idx: number; has_been_filled: boolean }[]).forEach((step, at) => {
        const { embeddings, labels } = batches[at] as { embeddings: number[][]; labels: number[] };
        buffer.push(rowsOf(embeddings, size), Int32Array.from(labels));
        seen.push(...labels);
        const { pointer, filled } = buffer.state;
        expect({ pointer, full: filled === capacity }, tag).to.deep.equal({
          pointer: step.queue_idx,
          full: step.has_been_filled,
        });
        // Rows of one batch are equally old, so that which of them go first is free.
        if (filled < capacity) expect(held(buffer).groups, tag).to.deep.equal(seen);
      });
    }
    return undefined;
  });

  it("leaves out rows of the items of the batch, whatever epoch they are from, and shows them again afterwards", () => {
    const buffer = new RingBuffer(4, 1);
    buffer.push(rowsOf([[1], [2], [3]], 1), Int32Array.of(0, 0, 1), Float64Array.of(11, 0, 13));
    const valid = (batch: Float64Array | null): number[] => Array.from(buffer.tensors(batch).valid.data);
    expect(valid(null)).to.deep.equal([1, 1, 1, 0]);
    expect(valid(Float64Array.of(13, 11, 99))).to.deep.equal([0, 1, 0, 0]);
    expect(valid(Float64Array.of(0, 0)), "0 is an item that nobody knows").to.deep.equal([1, 1, 1, 0]);
    expect(valid(Float64Array.of(2))).to.deep.equal([1, 1, 1, 0]);
    const again = new RingBuffer(4, 1);
    again.restore(buffer.state);
    again.push(rowsOf([[4], [5]], 1), Int32Array.of(1, 1), Float64Array.of(14, 15));
    expect(Array.from(again.tensors(Float64Array.of(13, 11)).valid.data)).to.deep.equal([1, 1, 0, 1]);
    expect(Array.from(again.tensors(Float64Array.of(14, 15)).valid.data)).to.deep.equal([0, 1, 1, 0]);
    expect(() => again.push(rowsOf([[4]], 1), Int32Array.of(1), Float64Array.of(1, 2))).to.throw(ShapeError, "1 items");
  });

  it("always shows its full size, without copying", () => {
    const buffer = new RingBuffer(3, 2);
    const before = buffer.tensors();
    buffer.push(rowsOf([[1, 2]], 2), Int32Array.of(7));
    expect(buffer.tensors()).to.equal(before);
    expect(before.embeddings.shape).to.deep.equal([3, 2]);
    expect(Array.from(before.embeddings.data)).to.deep.equal([1, 2, 0, 0, 0, 0]);
    expect(Array.from(before.valid.data)).to.deep.equal([1, 0, 0]);
  });

  it("copies what is pushed", () => {
    const buffer = new RingBuffer(3, 1);
    const batch = rowsOf([[1], [2]], 1);
    buffer.push(batch, Int32Array.of(0, 1));
    batch.data.fill(9);
    expect(held(buffer).embeddings).to.deep.equal([[1], [2]]);
  });

  it("goes on from a saved state as if it had never stopped", () => {
    const [first, second] = [new RingBuffer(4, 2), new RingBuffer(4, 2)];
    const batch = (start: number, count: number): [HostMatrix, Int32Array] => [
      rowsOf(
        Array.from({ length: count }, (_, i) => [start + i, -start - i]),
        2,
      ),
      Int32Array.from({ length: count }, (_, i) => start + i),
    ];
    for (const count of [3, 3, 2]) {
      first.push(...batch(count * 10, count));
      second.push(...batch(99, 4));
      second.restore(first.state);
      expect(held(second)).to.deep.equal(held(first));
      first.push(...batch(7, 1));
      second.push(...batch(7, 1));
      expect(second.state).to.deep.equal(first.state);
    }
  });

  it("refuses rows and states that do not fit, and changes nothing", () => {
    const buffer = new RingBuffer(3, 2);
    buffer.push(rowsOf([[1, 2]], 2), Int32Array.of(5));
    const before = buffer.state;
    expect(() => buffer.push(rowsOf([[1, 2, 3]], 3), Int32Array.of(1))).to.throw(ShapeError, "[rows, 2], got [1, 3]");
    expect(() => buffer.push(rowsOf([[1, 2]], 2), Int32Array.of(1, 2))).to.throw(ShapeError, "1 groups");
    for (const wrong of [
      { filled: 4, pointer: 0, embeddings: new Float32Array(8), groups: new Int32Array(4), items: new Int32Array(8) },
      { filled: 1, pointer: 1, embeddings: new Float32Array(3), groups: new Int32Array(1), items: new Int32Array(2) },
      { filled: 1, pointer: 2, embeddings: new Float32Array(2), groups: new Int32Array(1), items: new Int32Array(2) },
      { filled: 3, pointer: 3, embeddings: new Float32Array(6), groups: new Int32Array(3), items: new Int32Array(6) },
      { filled: 3, pointer: 0.5, embeddings: new Float32Array(6), groups: new Int32Array(3), items: new Int32Array(6) },
    ]) {
      expect(() => buffer.restore(wrong), JSON.stringify(wrong)).to.throw(ShapeError);
    }
    expect(buffer.state).to.deep.equal(before);
    expect(buffer.push({ data: new Float32Array(0), rows: 0, size: 0 }, new Int32Array(0))).to.equal(0);
  });
});

interface GoldenState {
  readonly error?: string;
  readonly pointer: number;
  readonly is_full: boolean;
  readonly embeddings: number[][];
  readonly targets: number[];
}
