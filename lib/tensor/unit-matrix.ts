import type { HostMatrix } from "./host.js";

/** Each row divided by its length; zero rows stay zero. A copy. */
export function unitMatrix({ data, rows, size }: HostMatrix): HostMatrix {
  const unit = new Float32Array(data.length);
  for (let start = 0; start < rows * size; start += size) {
    let squared = 0;
    for (let at = start; at < start + size; at += 1) squared += data[at]! ** 2;
    const scale = squared > 0 ? 1 / Math.sqrt(squared) : 0;
    for (let at = start; at < start + size; at += 1) unit[at] = data[at]! * scale;
  }
  return { data: unit, rows, size };
}
