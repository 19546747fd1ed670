import { hostTensor, type HostTensor, type HostTensors } from "../tensor/host.js";
import { writeFileAtomic } from "./atomic.js";
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
  return { tensors, metadata: header.metadata };
}

/** Writes a file that is there completely or not at all. */
export async function writeSafetensors(
  path: string,
  tensors: HostTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}

/**
 * Reads a file, tensor by tensor, so that it needs no more memory than its tensors.
 *
 * @throws FileFormatError when it is missing, truncated, damaged or foreign.
 */
export async function readSafetensors(path: string): Promise<SafetensorsContent> {
  await using opened = await openToRead(path);
  const { handle, size } = opened;
  const prefix = await readExactly(handle, 0, Math.min(8, size), path);
  const length = readHeaderLength(prefix, size, path);
  const start = 8 + length;
  const header: SafetensorsHeader = readHeader(await readExactly(handle, 8, length, path), size - start, path);
  const tensors: Record<string, HostTensor> = {};
  for (const [name, place] of header.places) {
    const piece = await readExactly(handle, start + place.begin, place.end - place.begin, path);
    tensors[name] = { data: toNumbers(piece, place.dtype, name, path), shape: place.shape };
  }
  return { tensors, metadata: header.metadata };
}
