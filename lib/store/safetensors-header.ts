import { FileFormatError, UsageError } from "../errors.js";
import { isDtype, itemSize, type Dtype } from "./safetensors-dtypes.js";

/** Where one tensor lies; `begin` and `end` count bytes from the end of the header. */
export interface TensorPlace {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the header of a file says, checked against the number of bytes that follow it. */
export interface SafetensorsHeader {
  readonly places: ReadonlyMap<string, TensorPlace>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Longest header that is read or written: about 150,000 tensors. Keeps a hostile file from filling the memory. */
export const LONGEST_HEADER = 1 << 24;
const METADATA = "__metadata__";
/** A header is an object of objects of lists. */
const DEEPEST = 3;

/**
 * Length of the header from the first eight bytes.
 *
 * @throws FileFormatError when it cannot be one of a file with this many bytes.
 */
export function readHeaderLength(prefix: Uint8Array, fileSize: number, file: string): number {
  if (prefix.byteLength < 8) throw new FileFormatError(file, `not a safetensors file: only ${fileSize} bytes`);
  const length = Number(new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true));
  if (length > fileSize - 8 || length > LONGEST_HEADER) {
    throw new FileFormatError(
      file,
      `truncated or not a safetensors file: it announces a header of ${length} bytes, ` +
        (length > fileSize - 8
          ? `but has ${fileSize - 8} after the length`
          : `the longest allowed is ${LONGEST_HEADER}`),
    );
  }
  return length;
}

/**
 * Reads and checks a header: every tensor has a known dtype, a shape and exactly the bytes it needs, and together they cover the
 * `dataSize` bytes after the header without gap or overlap.
 *
 * @throws FileFormatError
 */
export function readHeader(bytes: Uint8Array, dataSize: number, file: string): SafetensorsHeader {
  const header = parse(bytes, file);
  const places = new Map<string, TensorPlace>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (isUnsafeName(name)) throw new FileFormatError(file, `a tensor must not be called ${JSON.stringify(name)}`);
    if (name === METADATA) metadata = readMetadata(entry, file);
    else places.set(name, readPlace(name, entry, file));
  }
  requireCovered(places, dataSize, file);
  return { places, metadata };
}

/**
 * A header in bytes, with the length before it, padded so that data starts at a multiple of eight.
 *
 * @throws UsageError for names that no reader accepts.
 */
export function writeHeader({ places, metadata }: SafetensorsHeader): Uint8Array {
  const entries: [string, unknown][] = [...places].map(([name, { dtype, shape, begin, end }]) => [
    name,
    { dtype, shape, data_offsets: [begin, end] },
  ]);
  if (Object.keys(metadata).length > 0) entries.unshift([METADATA, metadata]);
  for (const name of [...places.keys(), ...Object.keys(metadata)]) {
    if (name === METADATA || isUnsafeName(name)) {
      throw new UsageError(
        `safetensors: ${JSON.stringify(name)} cannot be the name of a tensor or of metadata; rename it`,
      );
    }
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(json.byteLength / 8) * 8;
  if (length > LONGEST_HEADER) {
    throw new UsageError(
      `safetensors: the header needs ${length} bytes, ${LONGEST_HEADER} are allowed; use fewer tensors`,
    );
  }
  const bytes = new Uint8Array(8 + length).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

/** True for names that could reach the prototype of an object they are copied into. */
function isUnsafeName(name: string): boolean {
  return name.split("/").some((step) => step === "__proto__" || step === "constructor" || step === "prototype");
}

function parse(bytes: Uint8Array, file: string): object {
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    requireFlatAndUnique(text, file);
    header = JSON.parse(text);
  } catch (cause) {
    if (cause instanceof FileFormatError) throw cause;
    throw new FileFormatError(file, "not a safetensors file, or damaged: its header is not JSON", { cause });
  }
  if (!isObject(header)) throw new FileFormatError(file, "its header is not a JSON object");
  return header;
}

/** Refuses what `JSON.parse` would let pass (a key given twice, of which the last wins) or spend much memory on (deep nesting). */
function requireFlatAndUnique(text: string, file: string): void {
  const open: Set<unknown>[] = [];
  for (let position = 0; position < text.length; position += 1) {
    const character = text[position];
    if (character === "{" || character === "[") {
      open.push(new Set());
      if (open.length > DEEPEST) throw new FileFormatError(file, "its header is nested deeper than any tensor needs");
    } else if (character === "}" || character === "]") {
      open.pop();
    } else if (character === '"') {
      const end = endOfText(text, position);
      const keys = open.at(-1);
      if (keys !== undefined && text[skipSpace(text, end)] === ":") {
        const key: unknown = JSON.parse(text.slice(position, end));
        if (keys.has(key)) throw new FileFormatError(file, `its header has ${JSON.stringify(key)} twice`);
        keys.add(key);
      }
      position = end - 1;
    }
  }
}

/** Position after the closing quote. */
function endOfText(text: string, start: number): number {
  for (let position = start + 1; position < text.length; position += 1) {
    if (text[position] === '"') return position + 1;
    if (text[position] === "\\") position += 1;
  }
  return text.length;
}

function skipSpace(text: string, start: number): number {
  let position = start;
  while (position < text.length && " \t\r\n".includes(text[position] as string)) position += 1;
  return position;
}

function readMetadata(entry: unknown, file: string): Readonly<Record<string, string>> {
  const given = isObject(entry) ? Object.entries(entry) : null;
  if (given === null || given.some(([key, value]) => typeof value !== "string" || isUnsafeName(key))) {
    throw new FileFormatError(file, `${METADATA} must be an object of texts`);
  }
  return Object.fromEntries(given) as Record<string, string>;
}

function readPlace(name: string, entry: unknown, file: string): TensorPlace {
  const refuse = (problem: string): never => {
    throw new FileFormatError(file, `tensor ${JSON.stringify(name)} ${problem}`);
  };
  if (!isObject(entry)) return refuse("is not described by an object");
  const { dtype, shape, data_offsets: offsets } = entry as Readonly<Record<string, unknown>>;
  if (!isDtype(dtype)) return refuse(`has dtype ${JSON.stringify(dtype)}, which cannot be read as float32 or int32`);
  if (!isCounts(shape)) return refuse(`has the shape ${JSON.stringify(shape)}, expected a list of counts`);
  if (!isCounts(offsets) || offsets.length !== 2) return refuse("needs data_offsets [begin, end]");
  const [begin, end] = offsets as readonly [number, number];
  const size = shape.reduce((product, length) => product * length, itemSize(dtype));
  // Above 2^53 products are rounded, and no file is that long.
  if (!Number.isSafeInteger(size) || end - begin !== size) {
    return refuse(
      `of dtype ${dtype} and shape [${shape.join(", ")}] needs ${size} bytes, data_offsets give ${end - begin}`,
    );
  }
  return { dtype, shape, begin, end };
}

function requireCovered(places: ReadonlyMap<string, TensorPlace>, dataSize: number, file: string): void {
  let covered = 0;
  for (const [name, { begin, end }] of [...places].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      throw new FileFormatError(
        file,
        `tensor ${JSON.stringify(name)} starts at byte ${begin} of the data, expected ${covered}`,
      );
    }
    covered = end;
  }
  if (covered !== dataSize) {
    throw new FileFormatError(
      file,
      `truncated or damaged: tensors need ${covered} bytes of data, the file has ${dataSize}`,
    );
  }
}

function isCounts(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0 && !Object.is(count, -0))
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
