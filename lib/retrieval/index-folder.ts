import { join } from "node:path";
import type { SavedDistance } from "../distances/index.js";
import { FileFormatError, UsageError } from "../errors.js";
import { lostInJson, type Json, type JsonObject } from "../json.js";
import { recoverDirectory } from "../store/atomic-directory.js";
import { writeDirectoryAtomic, writeFileAtomic } from "../store/atomic.js";
import { checksumNow } from "../store/checksum.js";
import { readEditableJsonFile, writeCheckedJsonFile } from "../store/json-file.js";
import { openToRead, readExactly } from "../store/read.js";
import { DESCRIPTIONS, type FolderContent } from "../store/replaceable-folder.js";
import { readSafetensors, writeSafetensors } from "../store/safetensors.js";
import type { HostMatrix } from "../tensor/host.js";
import { firstNonFiniteRow } from "../tensor/nearest-rows.js";

const format = { format: DESCRIPTIONS.index.format, version: 1 };
const FILES = { index: DESCRIPTIONS.index.file, vectors: "vectors.safetensors", payloads: "payloads.jsonl" };
const FOLDER: FolderContent = {
  who: "ExactIndex.save",
  what: "an index",
  described: DESCRIPTIONS.index,
  files: [FILES.vectors, FILES.payloads],
};
/** Payloads written at a time. */
const LINES = 10_000;

/** What an index consists of. */
export interface IndexContent {
  /** Its name, with what it is made from where that takes more. */
  readonly distance: string | SavedDistance;
  readonly vectors: HostMatrix;
  /** Ascending, one for each vector. */
  readonly positions: readonly number[];
  /** One for each vector; undefined where there is none. */
  readonly payloads: readonly unknown[];
  /** The position of the next vector that is added. */
  readonly next: number;
  /** Fingerprint of the model that made the vectors; null where it is not known. */
  readonly model: string | null;
}

/**
 * Replaces the folder in one step: `index.json`, `vectors.safetensors` and, when there are any, `payloads.jsonl` with one line for each
 * vector, empty for one without a payload.
 *
 * @throws ConfigError for what is no path of a folder of its own, UsageError when the folder holds anything but an index.
 */
export async function writeIndex(directory: string, content: IndexContent): Promise<void> {
  const { distance, vectors, positions, payloads, next, model } = content;
  const withPayloads = payloads.some((payload) => payload !== undefined);
  const lines = withPayloads ? payloadLines(positions, payloads) : null;
  const { data, rows, size } = vectors;
  // Now: the index may grow while it is written.
  const places = Int32Array.from(positions);
  await writeDirectoryAtomic(directory, FOLDER, async (temporary) => {
    if (lines !== null) await writeFileAtomic(join(temporary, FILES.payloads), lines);
    await writeSafetensors(join(temporary, FILES.vectors), {
      vectors: { data, shape: [rows, size] },
      positions: { data: places, shape: [rows] },
    });
    await writeCheckedJsonFile(join(temporary, FILES.index), format, {
      ...{ distance, rows, size, next, payloads: withPayloads },
      ...(lines === null ? {} : { payloadsChecksum: checksumNow(lines) }),
      ...(model === null ? {} : { model }),
    });
  });
}

/** @throws FileFormatError when a file is missing, truncated, damaged or foreign, or when the files do not fit together. */
export async function readIndex(directory: string): Promise<IndexContent> {
  await recoverDirectory(directory);
  const file = join(directory, FILES.index);
  const saved = await readEditableJsonFile(file, format);
  // Indexes of older versions have neither a checksum nor a model.
  const { distance, rows, size, next, payloads: withPayloads, payloadsChecksum = null, model = null } = saved;
  if (
    !isSavedDistance(distance) ||
    !isCount(rows) ||
    !isCount(size) ||
    !isCount(next) ||
    typeof withPayloads !== "boolean" ||
    !isTextOrNull(payloadsChecksum) ||
    !isTextOrNull(model)
  ) {
    throw new FileFormatError(
      file,
      "expected a distance, counts of rows, size and next, whether there are payloads, and texts for their checksum and the model",
    );
  }
  const vectors = await readVectors(join(directory, FILES.vectors), rows, size, next);
  const payloads = withPayloads
    ? await readPayloads(join(directory, FILES.payloads), rows, payloadsChecksum)
    : new Array<undefined>(rows).fill(undefined);
  return { distance, next, payloads, model, ...vectors };
}

function isSavedDistance(distance: Json | undefined): distance is string | { name: string; config: JsonObject } {
  if (typeof distance !== "object" || distance === null || Array.isArray(distance)) return typeof distance === "string";
  const { name, config, ...rest } = distance as JsonObject;
  const isObject = typeof config === "object" && config !== null && !Array.isArray(config);
  return typeof name === "string" && isObject && Object.keys(rest).length === 0;
}

async function readVectors(
  file: string,
  rows: number,
  size: number,
  next: number,
): Promise<Pick<IndexContent, "vectors" | "positions">> {
  const { vectors, positions } = (await readSafetensors(file)).tensors;
  if (
    vectors?.shape.join() !== `${rows},${size}` ||
    positions?.shape.join() !== `${rows}` ||
    !(vectors.data instanceof Float32Array) ||
    !(positions.data instanceof Int32Array)
  ) {
    throw new FileFormatError(file, `expected ${rows} vectors of ${size} numbers with their positions`);
  }
  if (
    positions.data.some(
      (position, row) => position < (row === 0 ? 0 : positions.data[row - 1]! + 1) || position >= next,
    )
  ) {
    throw new FileFormatError(file, `expected ascending positions below ${next}`);
  }
  const matrix = { data: vectors.data, rows, size };
  const wrong = firstNonFiniteRow(matrix);
  if (wrong !== null) throw new FileFormatError(file, `vector ${wrong} is not finite`);
  return { vectors: matrix, positions: [...positions.data] };
}

function payloadLines(positions: readonly number[], payloads: readonly unknown[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < payloads.length; start += LINES) {
    const lines = payloads.slice(start, start + LINES).map((payload, at) => toLine(payload, positions[start + at]!));
    pieces.push(Buffer.from(lines.join(""), "utf8"));
  }
  return pieces;
}

function toLine(payload: unknown, position: number): string {
  if (payload === undefined) return "\n";
  const lost = lostInJson(payload, "it");
  if (lost.length > 0) {
    throw new UsageError(
      `ExactIndex.save: the payload at position ${position} is not JSON: ${lost.join(", ")}; ` +
        "add only finite numbers, texts, booleans, null, arrays and plain objects, and leave out keys that have no value",
    );
  }
  return `${JSON.stringify(payload)}\n`;
}

async function readPayloads(file: string, rows: number, checksum: string | null): Promise<unknown[]> {
  await using opened = await openToRead(file);
  const bytes = Buffer.from((await readExactly(opened.handle, 0, opened.size, file)).buffer);
  const payloads: unknown[] = [];
  let start = 0;
  // Line by line: no text holds as much as a file may.
  for (let end = bytes.indexOf("\n"); end >= 0 && payloads.length < rows; end = bytes.indexOf("\n", start)) {
    payloads.push(parsed(file, bytes.toString("utf8", start, end), payloads.length + 1));
    start = end + 1;
  }
  if (payloads.length !== rows || start !== bytes.length) {
    const rest = `${payloads.length} and ${bytes.length - start} bytes after them`;
    throw new FileFormatError(file, `truncated or damaged: expected ${rows} lines, got ${rest}`);
  }
  if (checksum !== null && checksumNow([bytes]) !== checksum)
    throw new FileFormatError(file, 'damaged: its content does not fit the "payloadsChecksum" of index.json');
  return payloads;
}

function parsed(file: string, line: string, number: number): unknown {
  if (line === "") return undefined;
  try {
    return JSON.parse(line) as unknown;
  } catch (cause) {
    throw new FileFormatError(file, `line ${number} is not JSON`, { cause });
  }
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
