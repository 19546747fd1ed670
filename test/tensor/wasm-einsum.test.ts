import { expect } from "chai";
import * as tf from "likewise/tf";
import { expectClose } from "../support/close.js";
import { noise, on } from "./backends.js";

describe("einsum on wasm", () => {
  for (const [equation, ...shapes] of [
    ["ij,jk->ik", [3, 4], [4, 5]],
    ["ij,jk->ki", [3, 4], [4, 5]],
    ["bij,bjk->bik", [2, 3, 4], [2, 4, 5]],
    ["bhqd,bhkd->bhqk", [2, 3, 4, 5], [2, 3, 6, 5]],
    ["ij,ij->", [3, 4], [3, 4]],
    ["ij,ij->i", [3, 4], [3, 4]],
    ["i,j->ij", [3], [4]],
    ["i,j->ji", [3], [4]],
    ["ijk,l->jl", [2, 3, 4], [5]],
    ["ij->ji", [3, 4]],
    ["ijk->j", [2, 3, 4]],
    ["ij->", [2, 3]],
  ] as [string, ...number[][]][]) {
    it(`computes ${equation} as loops do`, async () => {
      const operands = await Promise.all(shapes.map((shape, i) => on("cpu", () => noise(shape, i + 1))));
      const { shapes: got, values } = await on("wasm", () =>
        tf.einsum(equation, ...shapes.map((shape, i) => noise(shape, i + 1))),
      );
      const wanted = loops(
        equation,
        shapes,
        operands.map((operand) => operand.values[0] as number[]),
      );
      expect(got[0]).to.deep.equal(wanted.shape);
      expectClose(values[0], wanted.values);
    });
  }
});

/** Every combination of indices, one after another. */
function loops(equation: string, shapes: number[][], operands: number[][]): { shape: number[]; values: number[] } {
  const [left = "", right = ""] = equation.split("->");
  const terms = left.split(",");
  const size: Record<string, number> = {};
  terms.forEach((term, i) => [...term].forEach((label, axis) => (size[label] = shapes[i]?.[axis] ?? 0)));
  const labels = Object.keys(size);
  const shape = [...right].map((label) => size[label] as number);
  const values = new Array<number>(shape.reduce((product, length) => product * length, 1)).fill(0);
  const at: Record<string, number> = {};
  const flat = (term: string): number =>
    [...term].reduce((place, label) => place * (size[label] ?? 0) + (at[label] ?? 0), 0);
  const visit = (depth: number): void => {
    const label = labels[depth];
    if (label === undefined) {
      const product = terms.reduce((value, term, i) => value * (operands[i]?.[flat(term)] ?? NaN), 1);
      values[flat(right)] = (values[flat(right)] ?? NaN) + product;
      return;
    }
    for (at[label] = 0; at[label] < (size[label] ?? 0); at[label] += 1) visit(depth + 1);
  };
  visit(0);
  return { shape, values };
}
