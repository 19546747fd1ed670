import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { SavedDistance } from "../distances/index.js";
import { FileFormatError, UsageError } from "../errors.js";
import type { Json, JsonObject } from "../json.js";
import { recoverDirectory } from "../store/atomic-directory.js";
import { writeDirectoryAtomic, writeFileAtomic } from "../store/atomic.js";
import { readJsonFile, writeJsonFile } from "../store/json-file.js";
import { readText } from "../store/read.js";
import { readSafetensors, writeSafetensors } from "../store/safetensors.js";
import type { HostMatrix } from "../tensor/host.js";
import { firstNonFiniteRow } from "../tensor/nearest-rows.js";

const format = { format: "likewise-index", version: 1 };
const FILES = { index: "index.json", vectors: "vectors.safetensors", payloads: "payloads.jsonl" };
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
}

/**
 * Replaces the folder in one step: `index.json`, `vectors.safetensors` and, when there are any, `payloads.jsonl` with one line for each
 * vector, empty for one without a payload.
 */
export async function writeIndex(directory: string, content: IndexContent): Promise<void> {
  const { distance, vectors, positions, payloads, next } = content;
  await requireOwnFolder(directory);
  const withPayloads = payloads.some((payload) => payload !== undefined);
  const lines = withPayloads ? payloadLines(positions, payloads) : null;
  const { data, rows, size } = vectors;
  await writeDirectoryAtomic(directory, async (temporary) => {
    if (lines !== null) await writeFileAtomic(join(temporary, FILES.payloads), lines);
    await writeSafetensors(join(temporary, FILES.vectors), {
      vectors: { data, shape: [rows, size] },
      positions: { data: Int32Array.from(positions), shape: [rows] },
    });
    await writeJsonFile(join(temporary, FILES.index), format, { distance, rows, size, next, payloads: withPayloads });
  });
}

/** @throws FileFormatError when a file is missing, truncated, damaged or foreign, or when the files do not fit together. */
export async function readIndex(directory: string): Promise<IndexContent> {
  await recoverDirectory(directory);
  const file = join(directory, FILES.index);
  const { distance, rows, size, next, payloads: withPayloads } = await readJsonFile(file, format);
  if (
    !isSavedDistance(distance) ||
    !isCount(rows) ||
    !isCount(size) ||
    !isCount(next) ||
    typeof withPayloads !== "boolean"
  ) {
    throw new FileFormatError(
      file,
      "expected a distance, counts of rows, size and next, and whether there are payloads",
    );
  }
  const vectors = await readVectors(join(directory, FILES.vectors), rows, size, next);
  const payloads = withPayloads
    ? await readPayloads(join(directory, FILES.payloads), rows)
    : new Array<undefined>(rows).fill(undefined);
  return { distance, next, payloads, ...vectors };
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
  let line: string | undefined;
  let cause: unknown;
  try {
    line = JSON.stringify(payload) as string | undefined;
  } catch (error) {
    cause = error;
  }
  if (line === undefined) throw new UsageError(`the payload at position ${position} is not JSON`, { cause });
  return `${line}\n`;
}

async function readPayloads(file: string, rows: number): Promise<unknown[]> {
  const lines = (await readText(file)).split("\n");
  const rest = lines.pop();
  if (lines.length !== rows || rest !== "") {
    throw new FileFormatError(file, `truncated or damaged: expected ${rows} lines, got ${lines.length}`);
  }
  return lines.map((line, at) => {
    if (line === "") return undefined;
    try {
      return JSON.parse(line) as unknown;
    } catch (cause) {
      throw new FileFormatError(file, `line ${at + 1} is not JSON`, { cause });
    }
  });
}

async function requireOwnFolder(directory: string): Promise<void> {
  await recoverDirectory(directory);
  const names = await readdir(directory).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [] as string[];
    throw new UsageError(`cannot save an index as ${directory}: it is not a folder that can be read`, { cause });
  });
  const foreign = names.filter((name) => !Object.values(FILES).includes(name));
  if (foreign.length > 0) {
    throw new UsageError(
      `cannot save an index in ${directory}: the folder holds other things (${foreign.slice(0, 3).join(", ")}); give a new or empty folder`,
    );
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
