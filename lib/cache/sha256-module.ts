/** Where the module leaves the first four words of four digests: of each word the four digests' one after the other. */
export const DIGESTS = 0;
/** 64 constants, each four times. */
const CONSTANTS = DIGESTS + 64;
/** 64 words of a block's schedule, each of four messages. */
const SCHEDULE = CONSTANTS + 1024;
/** From here on memory is free for messages. */
export const MESSAGES = SCHEDULE + 1024;

/** Instructions of WebAssembly. */
type Code = readonly number[];

const I32 = 0x7f;
const V128 = 0x7b;
// Parameters, then variables; vectors hold a number of each of the four messages.
const AT = [0, 1, 2, 3] as const;
const BLOCKS = 4;
const PLACE = 5;
const WORKING = 6;
const STATE = WORKING + 8;
const SPARE = STATE + 8;

function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}
function signed(value: number): number[] {
  const [low, rest] = [value & 127, value >> 7];
  return (rest === 0 && low < 64) || (rest === -1 && low >= 64) ? [low] : [low | 128, ...signed(rest)];
}
const simd = (opcode: number, ...rest: Code): Code => [0xfd, ...unsigned(opcode), ...rest];
const get = (variable: number): Code => [0x20, ...unsigned(variable)];
const set = (variable: number, value: Code): Code => [...value, 0x21, ...unsigned(variable)];
const number = (value: number): Code => [0x41, ...signed(value)];
/** From an address of any alignment. */
const load = (address: Code, offset: number): Code => [...address, ...simd(0x00, 0, ...unsigned(offset))];
const store = (address: Code, offset: number, value: Code): Code => [
  ...address,
  ...value,
  ...simd(0x0b, 0, ...unsigned(offset)),
];
const or = (left: Code, right: Code): Code => [...left, ...right, ...simd(0x50)];
const xor = (...values: readonly Code[]): Code => values.reduce((left, right) => [...left, ...right, ...simd(0x51)]);
const add = (...values: readonly Code[]): Code => values.reduce((left, right) => [...left, ...right, ...simd(0xae)]);
/** Bits of `one` where `mask` is set, of `other` where it is not. */
const select = (one: Code, other: Code, mask: Code): Code => [...one, ...other, ...mask, ...simd(0x52)];
const left = (value: Code, bits: number): Code => [...value, ...number(bits), ...simd(0xab)];
const right = (value: Code, bits: number): Code => [...value, ...number(bits), ...simd(0xad)];
const turn = (value: Code, bits: number): Code => or(right(value, bits), left(value, 32 - bits));
const turned = (value: Code, ...bits: readonly [number, number, number]): Code =>
  xor(...bits.map((each) => turn(value, each)));
const schedule = (value: Code, one: number, two: number, shift: number): Code =>
  xor(turn(value, one), turn(value, two), right(value, shift));
/** The bytes of each word in the other order. */
const swapped = (value: Code): Code => {
  const order = Array.from({ length: 16 }, (_, at) => (at & ~3) + 3 - (at & 3));
  return [...set(SPARE, value), ...get(SPARE), ...get(SPARE), ...simd(0x0d, ...order)];
};
/** Goes through `body` with PLACE from 0 in steps, as long as it is less than `end`. */
const loop = (end: number, step: number, body: Code): Code => [
  ...set(PLACE, number(0)),
  ...[0x03, 0x40, ...body],
  ...[...get(PLACE), ...number(step), 0x6a, 0x22, PLACE, ...number(end), 0x49, 0x0d, 0, 0x0b],
];
const range = (count: number): number[] => [...Array(count).keys()];

/** Word `word` of the block of each message. */
function messageWord(word: number): Code {
  const offset = unsigned(4 * word);
  const lanes = [1, 2, 3].flatMap((lane) => simd(0x56, 0, ...offset, lane));
  return [...[...AT].reverse().flatMap((at) => get(at)), ...simd(0x09, 0, ...offset), ...lanes];
}

/** The eight rounds after which every variable is in its place again. */
function rounds(): Code {
  return range(8).flatMap((round) => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = range(8).map(
      (at) => WORKING + ((at + 8 - round) % 8),
    );
    const word = (start: number): Code => load(get(PLACE), start + 16 * round);
    const chosen = select(get(f), get(g), get(e));
    const most = select(get(c), get(a), xor(get(a), get(b)));
    return [
      ...set(h, add(get(h), turned(get(e), 6, 11, 25), chosen, word(SCHEDULE), word(CONSTANTS))),
      ...set(d, add(get(d), get(h))),
      ...set(h, add(get(h), turned(get(a), 2, 13, 22), most)),
    ];
  });
}

function body(): Code {
  const earlier = (words: number): Code => load(get(PLACE), SCHEDULE + 16 * words);
  const later = add(earlier(0), schedule(earlier(1), 7, 18, 3), earlier(9), schedule(earlier(14), 17, 19, 10));
  const state = fractions(8, 1 / 2).map((word, at) => set(STATE + at, [...number(word), ...simd(0x11)]));
  const block: Code = [
    ...range(16).flatMap((word) => store(number(0), SCHEDULE + 16 * word, swapped(messageWord(word)))),
    ...loop(48 * 16, 16, store(get(PLACE), SCHEDULE + 256, later)),
    ...range(8).flatMap((at) => set(WORKING + at, get(STATE + at))),
    ...loop(64 * 16, 8 * 16, rounds()),
    ...range(8).flatMap((at) => set(STATE + at, add(get(STATE + at), get(WORKING + at)))),
    ...AT.flatMap((at) => set(at, [...get(at), ...number(64), 0x6a])),
  ];
  return [
    ...state.flat(),
    ...[0x03, 0x40, ...block, ...get(BLOCKS), ...number(1), 0x6b, 0x22, BLOCKS, 0x0d, 0, 0x0b],
    ...range(4).flatMap((at) => store(number(0), DIGESTS + 16 * at, swapped(get(STATE + at)))),
  ];
}

/** The first 32 bits of the fractions of roots of the first primes. */
function fractions(count: number, power: number): number[] {
  const primes: number[] = [];
  for (let value = 2; primes.length < count; value += 1)
    if (primes.every((prime) => value % prime > 0)) primes.push(value);
  return primes.map((prime) => Math.floor((prime ** power % 1) * 2 ** 32) | 0);
}

/**
 * A WebAssembly module that computes SHA-256 of four messages at a time. It exports `memory` and `digest(at0, at1, at2, at3, blocks)`, which
 * takes where the messages lie, padded, and their number of blocks, and leaves 128 bits of each at DIGESTS.
 *
 * Source: FIPS 180-4, "Secure Hash Standard".
 */
export function sha256Module(): Uint8Array {
  const block = (content: Code): Code => [...unsigned(content.length), ...content];
  const section = (id: number, content: Code): Code => [id, ...block([1, ...content])];
  const text = (value: string): Code => block([...Buffer.from(value)]);
  const constants = fractions(64, 1 / 3).flatMap((word) =>
    range(4).flatMap(() => [0, 8, 16, 24].map((at) => (word >>> at) & 255)),
  );
  const code: Code = [3, 1, I32, 8, V128, 9, V128, ...body(), 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [0x60, 5, I32, I32, I32, I32, I32, 0]),
    ...section(3, [0]),
    ...section(5, [0x00, 1]),
    ...[7, ...block([2, ...text("memory"), 2, 0, ...text("digest"), 0, 0])],
    ...section(10, block(code)),
    ...section(11, [0x00, ...number(CONSTANTS), 0x0b, ...block(constants)]),
  ]);
}
