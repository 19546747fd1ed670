import { createHash, hash as hashOnce } from "node:crypto";
import { canonicalJson } from "./json.js";

/**
 * 32-bit hash of a text's UTF-16 code units, equal on every machine and in every run (MurmurHash3 x86_32 over 16-bit units, then its
 * finalizer). For hashing n-grams and for splitting data; not for security.
 *
 * Source: Austin Appleby, MurmurHash3 (public domain).
 */
export function hashText(text: string, seed = 0): number {
  let hash = seed | 0;
  for (let i = 0; i < text.length; i += 1) hash = mix(hash, text.charCodeAt(i));
  return finish(hash, text.length);
}

/** The same for the units `from` (inclusive) to `to` (exclusive) of a text, without cutting it out. */
export function hashSlice(text: string, from: number, to: number, seed = 0): number {
  let hash = seed | 0;
  for (let i = from; i < to; i += 1) hash = mix(hash, text.charCodeAt(i));
  return finish(hash, to - from);
}

function mix(hash: number, unit: number): number {
  let word = Math.imul(unit, 0xcc9e2d51);
  word = (word << 15) | (word >>> 17);
  const mixed = hash ^ Math.imul(word, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number, length: number): number {
  let mixed = hash ^ length;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** 128 bits that depend on a value's content alone (key order does not matter), as 22 characters: for cache keys and fingerprints. */
export function contentKey(value: unknown): string {
  const text = typeof value === "string" ? value : canonicalJson(value);
  return hashOnce("sha256", text, "base64url").slice(0, 22);
}

/** Like `contentKey`, for the bytes of arrays. */
export function bytesKey(...arrays: readonly ArrayBufferView[]): string {
  const hash = createHash("sha256");
  for (const array of arrays) hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest("base64url").slice(0, 22);
}
