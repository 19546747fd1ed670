/**
 * What a stored cache of very many rows needs: seconds and memory to open it, and time to read rows of it. The file is sparse: keys are
 * real, and the numbers of all rows but the last few are holes, which are not believed and cost no disk.
 * Run: node --expose-gc --conditions=likewise-source --import tsx bench/cache-rows.ts [--rows 10000000] [--json]
 */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { RowFile } from "../lib/cache/row-file.js";
import { Random } from "likewise";
import { option, peakRssMb, report } from "./report.js";

const SIZE = 384;
const KEY_BYTES = 16;
const ENTRY_BYTES = KEY_BYTES + 4;
const BLOCK = 100_000;
const READ = 10_000;

const [given = "10000000"] = option("rows", ["10000000"]);
const count = Number(given);
const folder = mkdtempSync(join(tmpdir(), "likewise-bench-"));
const path = join(folder, "rows");
const make = (): RowFile => new RowFile({ path, fingerprint: "bench", size: SIZE, storage: "float32" });
const random = new Random(1);
const keyOf = (row: number): Buffer => {
  const key = Buffer.alloc(KEY_BYTES);
  const own = random.fork(row);
  for (let at = 0; at < KEY_BYTES; at += 4) key.writeUInt32LE(own.integer(2 ** 32), at);
  return key;
};

try {
  const written = make();
  written.open();
  written.startWriting(); // writes the header
  written.close();
  const index = openSync(`${path}.index`, "w");
  for (let start = 0; start < count; start += BLOCK) {
    const some = Math.min(BLOCK, count - start);
    const entries = Buffer.alloc(some * ENTRY_BYTES);
    for (let i = 0; i < some; i += 1) {
      const key = keyOf(start + i);
      key.copy(entries, i * ENTRY_BYTES);
      entries.writeUInt32LE(crc32(key), i * ENTRY_BYTES + KEY_BYTES);
    }
    writeSync(index, entries);
  }
  closeSync(index);
  const rows = openSync(`${path}.rows`, "r+");
  ftruncateSync(rows, 128 + count * (ENTRY_BYTES + 4 * SIZE));
  closeSync(rows);

  globalThis.gc?.();
  const [before, began] = [process.memoryUsage().rss, performance.now()];
  const opened = make();
  opened.open();
  const seconds = (performance.now() - began) / 1000;
  const found = [0, 1, count >> 1, count - 1].every((row) => opened.has(keyOf(row)));
  if (opened.count !== count || !found) throw new Error("not every key was found");
  const grown = (process.memoryUsage().rss - before) / 1e6;
  opened.startWriting();
  const last = Array.from({ length: READ }, (_, i) => keyOf(count + i));
  opened.append(
    last,
    last.map((_, i) => new Float32Array(SIZE).fill(i)),
  );
  const target = new Float32Array(SIZE);
  const reading = performance.now();
  last.forEach((key, i) => {
    if (!opened.read(key, target, 0) || target[7] !== i) throw new Error(`row ${i} is not what was written`);
  });
  const each = ((performance.now() - reading) * 1000) / READ;
  report([
    {
      ...{ rows: count, "vectors GB": (count * 4 * SIZE) / 1e9, "open s": seconds },
      ...{ "keys MB": opened.indexBytes / 1e6, "grown MB": grown, "peak MB": peakRssMb(), "read µs": each },
    },
  ]);
  opened.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
