import type { Distance } from "../../lib/contracts/distance.js";
import { areUnitRows, declareUnitRows, unitRows } from "../../lib/tensor/rows.js";
import * as tf from "../../lib/tensor/tf.js";
import { withoutGradient } from "../../lib/tensor/without-gradient.js";

/** Rows that are compared with each other, or with remembered ones. Matrices are computed when they are asked for, once. */
export class Comparison {
  #matrix: tf.Tensor2D | null = null;
  #values: tf.Tensor2D | null = null;

  constructor(
    /** What compares them. */
    readonly distance: Distance,
    /** `[n, d]`, the anchors. */
    readonly rows: tf.Tensor2D,
    /** `[m, d]`, what they are compared with; the same tensor as `rows` within a batch. */
    readonly columns: tf.Tensor2D,
    /** `[n]`, the groups of the anchors. */
    readonly groups: tf.Tensor1D,
    /** `[m]`, the groups of what they are compared with. */
    readonly columnGroups: tf.Tensor1D,
  ) {}

  /** True within a batch: position i of both sides is the same row. */
  get within(): boolean {
    return this.rows === this.columns;
  }

  /** `[n, m]` distances. */
  get matrix(): tf.Tensor2D {
    this.#matrix ??= this.distance.matrix(this.rows, this.columns);
    return this.#matrix;
  }

  /** `[n, m]` distances for choosing by them inside `withoutGradient`; where `matrix` was not asked for, nothing is kept for a gradient. */
  get values(): tf.Tensor2D {
    this.#values ??= this.#matrix ?? withoutGradient(() => this.distance.matrix(this.rows, this.columns));
    return this.#values;
  }

  /**
   * `[n]` for each of some `[n]` columns: the distance of row i to column `column[i]`. Only these distances get a gradient, at `n d`
   * the cost of which is nothing beside the `n m d` of `matrix`. NaN in any row of the batch makes them NaN, as it does the matrix.
   */
  to(...columns: readonly tf.Tensor1D[]): tf.Tensor1D[] {
    const places = columns.length === 1 ? (columns[0] as tf.Tensor1D) : tf.concat1d([...columns]);
    // Rows are divided by their lengths before they are chosen, once for all.
    const directed = this.distance.asInnerProduct()?.normalize === true;
    const rows = directed ? unitRows(this.rows) : this.rows;
    const among = this.within ? rows : this.columns;
    const chosen = tf.split(tf.gather(among, places), columns.length, 0) as tf.Tensor2D[];
    if (directed && areUnitRows(among)) chosen.forEach(declareUnitRows);
    const unseen = withoutGradient(() => tf.sum(tf.mul(this.rows, 0))); // 0, or NaN
    return chosen.map((others) => tf.add(this.distance.pairs(rows, others), unseen));
  }
}
