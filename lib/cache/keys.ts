/** Whole numbers a key: 128 bits. Several keys are one array, four numbers after the other. */
export const KEY_WORDS = 4;
const KEY_BYTES = 16;

/** Room for so many keys. */
export function makeKeys(count: number): Int32Array {
  return new Int32Array(count * KEY_WORDS);
}

/** How many keys there are. */
export function countKeys(keys: Int32Array): number {
  return keys.length / KEY_WORDS;
}

/** The keys from one position to before another, where they lie. */
export function keysBetween(keys: Int32Array, from: number, until: number): Int32Array {
  return keys.subarray(from * KEY_WORDS, until * KEY_WORDS);
}

/** Puts the key at one position of an array at a position of another. */
export function copyKey(source: Int32Array, from: number, target: Int32Array, to: number): void {
  const [start, end] = [from * KEY_WORDS, to * KEY_WORDS];
  for (let word = 0; word < KEY_WORDS; word += 1) target[end + word] = source[start + word] as number;
}

/** The bytes of the key at a position, where they lie. */
export function keyBytes(keys: Int32Array, at: number): Buffer {
  return Buffer.from(keys.buffer, keys.byteOffset + at * KEY_BYTES, KEY_BYTES);
}

/** The keys at some positions, a copy. */
export function keysAt(keys: Int32Array, positions: readonly number[]): Int32Array {
  const chosen = makeKeys(positions.length);
  positions.forEach((position, i) => copyKey(keys, position, chosen, i));
  return chosen;
}

/** Puts a key of 22 characters, see `contentKey`, at a position. */
export function writeKey(key: string, keys: Int32Array, at: number): void {
  keyBytes(keys, at).write(key, "base64url");
}
