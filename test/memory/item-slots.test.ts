import { expect } from "chai";
import { ItemSlots } from "../../lib/memory/item-slots.js";
import { RingBuffer } from "../../lib/memory/ring-buffer.js";
import { Random } from "../../lib/random.js";

describe("ItemSlots", () => {
  it("finds what a search through all slots of a ring finds, also when it goes on from a state", () => {
    const random = new Random("slots");
    for (let run = 0; run < 200; run += 1) {
      const capacity = 1 + random.integer(9);
      let buffer = new RingBuffer(capacity, 1);
      const held: number[] = Array.from({ length: capacity }, () => 0);
      let pointer = 0;
      for (let batch = 0; batch < 12; batch += 1) {
        const rows = random.integer(capacity + 3);
        const items = Float64Array.from({ length: rows }, () => random.integer(5));
        buffer.push({ data: new Float32Array(rows), rows, size: 1 }, new Int32Array(rows), items);
        // The newest rows follow each other from the pointer on; a batch that wraps leaves its first rows at the start.
        const kept = [...items].slice(Math.max(0, rows - capacity));
        const tail = Math.min(kept.length, capacity - pointer);
        kept.slice(kept.length - tail).forEach((item, at) => (held[pointer + at] = item));
        kept.slice(0, kept.length - tail).forEach((item, at) => (held[at] = item));
        pointer = (pointer + kept.length) % capacity;
        if (random.integer(4) === 0) {
          const { state } = buffer;
          buffer = new RingBuffer(capacity, 1);
          buffer.restore(state);
        }
        const { filled } = buffer;
        const asked = Float64Array.from({ length: random.integer(4) }, () => random.integer(6));
        const wanted = held.map((item, slot) => (slot < filled && (item === 0 || !asked.includes(item)) ? 1 : 0));
        expect([...buffer.tensors(asked).valid.data], `run ${run}, batch ${batch}`).to.deep.equal(wanted);
      }
    }
  });

  it("marks every slot of an item, and none of an item that nobody knows", () => {
    const slots = new ItemSlots(4);
    [7, 0, 7, 8, 7, 9].forEach((item, at) => slots.write(at % 4, item));
    const marked = (...items: number[]): number[] => {
      const marks = new Float32Array(4);
      slots.mark(Float64Array.from(items), marks, 5);
      return [...marks];
    };
    expect(marked(7)).to.deep.equal([5, 0, 5, 0]);
    expect(marked(9)).to.deep.equal([0, 5, 0, 0]);
    expect(marked(0, 11)).to.deep.equal([0, 0, 0, 0]);
    expect(marked(8, 9)).to.deep.equal([0, 5, 0, 5]);
    expect([...slots.slice(3)]).to.deep.equal([7, 9, 7]);
  });
});
