import type { Matrix } from "./gradient.js";

/** Six embeddings for which the values of many losses are known. */
export const SIX_ROWS: Matrix = [
  [0, -1, 0.5],
  [0.1, 2, 0.5],
  [0, 0.3, 0.2],
  [1, 0, 0.9],
  [1.2, -1.2, 0.01],
  [-0.7, 0, 1.5],
];

/** Their groups where losses compare rows. */
export const SIX_ROW_GROUPS: readonly number[] = [1, 2, 3, 3, 2, 1];

/** Their groups where losses have proxies, the columns of `SIX_ROW_KERNEL`. */
export const SIX_ROW_CLASSES: readonly number[] = [1, 2, 0, 0, 2, 1];
export const SIX_ROW_KERNEL: Matrix = [0, 1, 2].map((i) =>
  [0, 1, 2].map((j) => 0.01 * (3 * i + j + 1) * (-1) ** (i + j)),
);
