import { totalmem } from "node:os";
import { FileFormatError } from "../errors.js";
import { hostTensor, type HostTensor, type HostTensors } from "../tensor/host.js";
import { writeFileAtomic } from "./atomic.js";
import { checksumNow, checksumOf } from "./checksum.js";
import { openToRead, readExactly } from "./read.js";
import { toNumbers } from "./safetensors-dtypes.js";
import {
  readHeader,
  readHeaderLength,
  writeHeader,
  type SafetensorsHeader,
  type TensorPlace,
} from "./safetensors-header.js";

/** What a safetensors file holds. */
export interface SafetensorsContent {
  readonly tensors: HostTensors;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Named tensors as the bytes of a safetensors file, in pieces to be written one after the other; tensors are not copied. Tensors lie
 * in the order of their names, so equal contents give equal bytes.
 *
 * @throws ShapeError when a shape does not fit its numbers; UsageError for names that no reader accepts.
 *
 * Format: https://github.com/huggingface/safetensors
 */
export function encodeSafetensors(tensors: HostTensors, metadata: Readonly<Record<string, string>> = {}): Uint8Array[] {
  const places = new Map<string, TensorPlace>();
  const pieces: Uint8Array[] = [];
  let begin = 0;
  for (const name of Object.keys(tensors).sort()) {
    const { data, shape } = tensors[name] as HostTensor;
    hostTensor(data, shape);
    const end = begin + data.byteLength;
    places.set(name, { dtype: data instanceof Int32Array ? "I32" : "F32", shape, begin, end });
    pieces.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    begin = end;
  }
  return [writeHeader({ places, metadata }), ...pieces];
}

/**
 * The inverse of `encodeSafetensors`. Reads foreign files too: F64, F16 and BF16 become float32; I64, U32 and smaller integers become
 * int32. The tensors are copies.
 *
 * @param file what to call the bytes in errors
 * @throws FileFormatError when anything about the bytes is wrong.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): SafetensorsContent {
  const length = readHeaderLength(bytes.subarray(0, 8), bytes.byteLength, file);
  const start = 8 + length;
  const header = readHeader(bytes.subarray(8, start), bytes.byteLength - start, file);
  const tensors: Record<string, HostTensor> = {};
  for (const [name, place] of header.places) {
    const piece = new Uint8Array(bytes.subarray(start + place.begin, start + place.end));
    tensors[name] = { data: toNumbers(piece, place.dtype, name, file), shape: place.shape };
  }
  const { [CHECKSUM]: announced, ...metadata } = header.metadata;
  const covered = [writeHeader({ places: header.places, metadata }), bytes.subarray(start)];
  if (announced !== undefined && announced !== checksumNow(covered))
    throw new FileFormatError(file, "damaged: its content does not fit its checksum");
  return { tensors, metadata };
}

/** Metadata that tells whether the numbers are those that were written. */
const CHECKSUM = "checksum";

/**
 * Writes a file that is there completely or not at all, with a checksum of its header and numbers.
 *
 * @returns the checksum, for a file that says what belongs to it.
 */
export async function writeSafetensors(
  path: string,
  tensors: HostTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<string> {
  const checksum = await checksumOf(encodeSafetensors(tensors, metadata));
  await writeFileAtomic(path, encodeSafetensors(tensors, { ...metadata, [CHECKSUM]: checksum }));
  return checksum;
}

/** What the caller of `readSafetensors` knows beforehand. */
export interface SafetensorsExpected {
  /** Refuse a file without a checksum (all of ours have one, foreign files do not), or with another than this. Default false. */
  readonly checksum?: boolean | string;
}

/**
 * Reads a file, tensor by tensor, so that it needs no more memory than its tensors.
 *
 * @throws FileFormatError when it is missing, truncated, damaged or foreign.
 */
export async function readSafetensors(
  path: string,
  { checksum = false }: SafetensorsExpected = {},
): Promise<SafetensorsContent> {
  await using opened = await openToRead(path);
  const { handle, size } = opened;
  const prefix = await readExactly(handle, 0, Math.min(8, size), path);
  const length = readHeaderLength(prefix, size, path);
  if (size > totalmem()) throw new FileFormatError(path, `${size} bytes are more than this machine has memory`);
  const start = 8 + length;
  const header: SafetensorsHeader = readHeader(await readExactly(handle, 8, length, path), size - start, path);
  const { [CHECKSUM]: announced, ...metadata } = header.metadata;
  if (announced === undefined && checksum !== false)
    throw new FileFormatError(path, "damaged: its checksum is missing");
  if (typeof checksum === "string" && announced !== checksum)
    throw new FileFormatError(
      path,
      "was not written together with the files beside it: the folder holds pieces of several; copy such a folder as a whole",
    );
  const tensors: Record<string, HostTensor> = {};
  const pieces: Uint8Array[] = [];
  const inOrder = [...header.places].sort(([, left], [, right]) => left.begin - right.begin || left.end - right.end);
  for (const [, place] of inOrder) {
    pieces.push(await readExactly(handle, start + place.begin, place.end - place.begin, path));
  }
  const covered = [writeHeader({ places: header.places, metadata }), ...pieces];
  if (announced !== undefined && (await checksumOf(covered)) !== announced)
    throw new FileFormatError(path, "damaged: its content does not fit its checksum");
  inOrder.forEach(([name, place], at) => {
    // Every piece was read into memory of its own.
    const piece = pieces[at] as Uint8Array<ArrayBuffer>;
    tensors[name] = { data: toNumbers(piece, place.dtype, name, path), shape: place.shape };
  });
  return { tensors, metadata };
}
