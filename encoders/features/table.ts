import type { Random } from "../../lib/random.js";
import { hostTensor, type HostTensor } from "../../lib/tensor/host.js";

/**
 * First numbers of a table of trained vectors: of length about 1, as one scaled number; the first `zeros` rows are 0, because the data
 * may never train them.
 */
export function startTable(random: Random, rows: number, size: number, zeros: number): HostTensor {
  const data = random.normals(rows * size, 0, 1 / Math.sqrt(size));
  return hostTensor(data.fill(0, 0, zeros * size), [rows, size]);
}
