import { expect } from "chai";
import fc from "fast-check";
import * as tf from "likewise/tf";
import { expectClose } from "../support/close.js";
import { expectWasmLikeCpu, noise, on } from "./backends.js";

describe("matrix products on wasm", () => {
  it("refuse factors that do not fit", () => {
    for (const [left, right, transposeA, transposeB] of [
      [[3, 4], [3, 4], false, false],
      [[3, 4], [5, 3], false, true],
      [[3, 4], [4, 2], true, false],
    ] as const) {
      expect(() =>
        tf.tidy(() => void tf.matMul(tf.ones([...left]), tf.ones([...right]), transposeA, transposeB)),
      ).to.throw();
    }
  });

  it("equal plain loops for any transposes, batch dimensions and broadcasting", async () => {
    const size = fc.integer({ min: 1, max: 5 });
    const cases = fc.sample(
      fc.record({
        batch: fc.array(fc.record({ length: fc.integer({ min: 1, max: 3 }), a: fc.boolean(), b: fc.boolean() }), {
          maxLength: 3,
        }),
        dropA: fc.boolean(),
        rows: size,
        inner: size,
        columns: size,
        transposeA: fc.boolean(),
        transposeB: fc.boolean(),
      }),
      { numRuns: 150, seed: 7 },
    );
    for (const { batch, dropA, rows, inner, columns, transposeA, transposeB } of cases) {
      let batchA = batch.map(({ length, a }) => (a ? length : 1));
      const batchB = batch.map(({ length, b }) => (b ? length : 1));
      if (dropA) while (batchA[0] === 1) batchA = batchA.slice(1);
      const shapeA = [...batchA, ...(transposeA ? [inner, rows] : [rows, inner])];
      const shapeB = [...batchB, ...(transposeB ? [columns, inner] : [inner, columns])];
      const { shapes, values } = await on("wasm", () =>
        tf.matMul(noise(shapeA), noise(shapeB, 2), transposeA, transposeB),
      );
      const what = `${JSON.stringify(shapeA)} x ${JSON.stringify(shapeB)} ${transposeA} ${transposeB}`;
      const wanted = product(shapeA, shapeB, transposeA, transposeB);
      expect(shapes[0], what).to.deep.equal(wanted.shape);
      expectClose(values[0], wanted.values, { what });
    }
  }).timeout(20_000);

  it("equal plain loops when a batch is large enough for a call each", async () => {
    for (const [shapeA, shapeB] of [
      [
        [3, 50, 41],
        [3, 41, 53],
      ],
      [
        [1, 50, 41],
        [3, 41, 53],
      ],
      [
        [2, 1, 50, 41],
        [1, 2, 41, 53],
      ],
    ] as [number[], number[]][]) {
      const { values } = await on("wasm", () => tf.matMul(noise(shapeA), noise(shapeB, 2)));
      expectClose(values[0], product(shapeA, shapeB, false, false).values, { absolute: 1e-4 });
    }
  });

  it("are right when the right factor is used under two shapes", async () => {
    const { values } = await on("wasm", () => {
      const b = tf.reshape(tf.range(0, 24), [6, 4]);
      const turned = tf.reshape(b, [4, 6]);
      const first = tf.matMul(tf.ones([2, 6]), b);
      const second = tf.matMul(tf.ones([2, 4]), turned);
      const fused = tf.fused.matMul({ a: tf.ones([3, 8]) as tf.Tensor2D, b: tf.reshape(b, [8, 3]) as tf.Tensor2D });
      return [first, second, fused, tf.matMul(tf.ones([2, 6]), b)];
    });
    expect(values[0]).to.deep.equal([60, 66, 72, 78, 60, 66, 72, 78]);
    expect(values[1]).to.deep.equal([36, 40, 44, 48, 52, 56, 36, 40, 44, 48, 52, 56]);
    expect(values[2]?.slice(0, 3)).to.deep.equal([84, 92, 100]);
    expect(values[3]).to.deep.equal(values[0]);
  });

  it("are empty or zero when a dimension is empty", async () => {
    const { shapes, values } = await on("wasm", () => [
      tf.matMul(tf.zeros([0, 4]), tf.ones([4, 3])),
      tf.matMul(tf.zeros([2, 0]), tf.ones([0, 3])),
      tf.matMul(tf.zeros([0, 2]), tf.ones([0, 3]), true, false),
    ]);
    expect(shapes).to.deep.equal([
      [0, 3],
      [2, 3],
      [2, 3],
    ]);
    expect(values).to.deep.equal([[], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]]);
  });

  it("fused with bias and activation transpose too", async () => {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      await expectWasmLikeCpu(
        () =>
          tf.fused.matMul({
            a: noise(transposeA ? [7, 5] : [5, 7]) as tf.Tensor2D,
            b: noise(transposeB ? [3, 7] : [7, 3], 2) as tf.Tensor2D,
            transposeA,
            transposeB,
            bias: noise([3], 3),
            activation: "relu",
          }),
        `${transposeA} ${transposeB}`,
      );
    }
  });

  it("have the gradients of the plain backend", async () => {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      await expectWasmLikeCpu(() => {
        const a = noise(transposeA ? [2, 6, 5] : [2, 5, 6]);
        const b = noise(transposeB ? [2, 4, 6] : [2, 6, 4], 2);
        return tf.grads((x, y) => tf.sum(tf.square(tf.matMul(x, y, transposeA, transposeB))))([a, b]);
      }, `${transposeA} ${transposeB}`);
    }
  });

  it("leave no memory behind in the backend", async () => {
    await on("wasm", () => {
      const a = noise([2, 50, 45]);
      const b = noise([1, 2, 45, 48], 2);
      const before = tf.backend().numDataIds();
      tf.tidy(() => {
        tf.matMul(a, b);
        tf.matMul(tf.reshape(a, [100, 45]), tf.reshape(b, [96, 45]), false, true);
        tf.matMul(tf.ones([3, 48]), tf.reshape(b, [48, 90]));
      });
      expect(tf.backend().numDataIds()).to.equal(before);
      return a;
    });
  });
});

/** `noise(shapeA) × noise(shapeB, 2)` by loops. */
function product(
  shapeA: number[],
  shapeB: number[],
  transposeA: boolean,
  transposeB: boolean,
): { shape: number[]; values: number[] } {
  const a = (index: number): number => Math.fround(Math.sin((index + 1) * 12.9898 + 1));
  const b = (index: number): number => Math.fround(Math.sin((index + 1) * 12.9898 * 2 + 2));
  const [rowsA, columnsA] = shapeA.slice(-2) as [number, number];
  const [rowsB, columnsB] = shapeB.slice(-2) as [number, number];
  const rows = transposeA ? columnsA : rowsA;
  const inner = transposeA ? rowsA : columnsA;
  const columns = transposeB ? rowsB : columnsB;
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(shapeA.slice(0, -2), shapeB.slice(0, -2));
  const values: number[] = [];
  for (let at = 0; at < tf.util.sizeFromShape(batch); at += 1) {
    const place = indices(at, batch);
    const startA = offset(place, shapeA.slice(0, -2)) * rowsA * columnsA;
    const startB = offset(place, shapeB.slice(0, -2)) * rowsB * columnsB;
    for (let i = 0; i < rows; i += 1) {
      for (let j = 0; j < columns; j += 1) {
        let sum = 0;
        for (let k = 0; k < inner; k += 1) {
          sum +=
            a(startA + (transposeA ? k * columnsA + i : i * columnsA + k)) *
            b(startB + (transposeB ? j * columnsB + k : k * columnsB + j));
        }
        values.push(sum);
      }
    }
  }
  return { shape: [...batch, rows, columns], values };
}

function indices(flat: number, shape: number[]): number[] {
  const place: number[] = [];
  for (const length of [...shape].reverse()) {
    place.unshift(flat % length);
    flat = Math.floor(flat / length);
  }
  return place;
}

function offset(place: number[], shape: number[]): number {
  const own = place.slice(place.length - shape.length);
  return shape.reduce((flat, length, axis) => flat * length + (length === 1 ? 0 : (own[axis] ?? 0)), 0);
}
