import { FileFormatError } from "../lib/errors.js";
import { hostTensor, type HostTensor } from "../lib/tensor/host.js";

/** Bytes of a file as a tensor that is saved with the model: four a number, the first number says how many there are. */
export function bytesAsWeights(bytes: Uint8Array): HostTensor {
  const words = new Int32Array(1 + Math.ceil(bytes.length / 4));
  words[0] = bytes.length;
  new Uint8Array(words.buffer).set(bytes, 4);
  return hostTensor(words, [words.length]);
}

/** @throws FileFormatError when the tensor does not hold the bytes of a file. */
export function weightsAsBytes(tensor: HostTensor | undefined, what: string): Uint8Array {
  const data = tensor?.data;
  const length = data?.[0];
  if (!(data instanceof Int32Array) || length === undefined || length < 0 || length > (data.length - 1) * 4) {
    throw new FileFormatError(what, "the saved weights do not hold its bytes");
  }
  return new Uint8Array(data.buffer, data.byteOffset + 4, length);
}
