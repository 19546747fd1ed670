import type { SavedPart } from "../contracts/part.js";
import type { Group } from "../contracts/samples.js";
import { FileFormatError } from "../errors.js";
import type { Json, JsonObject } from "../json.js";
import type { EarlyStoppingState } from "./early-stopping.js";
import type { Scalars } from "./events.js";
import { startOfRun, type LoopState } from "./loop-state.js";
import type { Watched } from "./monitor.js";

/** What must be equal for a run to go on with the same numbers. */
export interface RunIdentity {
  readonly encoders: Readonly<Record<string, SavedPart>>;
  readonly head: SavedPart;
  readonly loss: SavedPart;
  readonly optimizer: { readonly type: string; readonly config: JsonObject };
  readonly memory: JsonObject | null;
  readonly seed: number;
  readonly accumulate: number;
  /** Fingerprint of the guide; absent without one. */
  readonly guide?: string;
  /** The moving average of parameters. Absent in checkpoints of older releases. */
  readonly ema?: JsonObject | null;
}

/** `training.json` of a checkpoint. */
export interface CheckpointState {
  readonly identity: RunIdentity;
  /** What computed, in words; another gives other roundings. */
  readonly engine: string;
  /** Of the things whose numbers depend on their release. */
  readonly versions: Readonly<Record<string, string>>;
  readonly batchesPerEpoch: number | null;
  readonly loop: LoopState;
  readonly vocabulary: readonly Group[];
  readonly log: Readonly<Record<string, readonly [number, number]>>;
  readonly latest: Scalars;
  /** Best value so far. */
  readonly best: number | null;
  /** What it is a value of. Absent in checkpoints of older releases. */
  readonly watched?: Watched | null;
  readonly earlyStopping: EarlyStoppingState | null;
  readonly callbacks: Readonly<Record<string, Json>>;
  readonly memory: { readonly pointer: number; readonly filled: number } | null;
  /** What the engine has of the session: see `Session.history`. Absent in checkpoints of older releases, and of engines that have none. */
  readonly history?: Json;
  /** Checksums of the files beside it, by their places in the folder. Absent in checkpoints of older releases. */
  readonly files?: CheckpointFiles;
}

/** Files with numbers that belong to one `training.json`. */
export interface CheckpointFiles {
  readonly "training.safetensors": string;
  readonly "model/weights.safetensors": string;
}

type Check = (value: unknown) => boolean;

const number: Check = (value) => typeof value === "number" && Number.isFinite(value);
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const text: Check = (value) => typeof value === "string";
const record =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
/** An object of exactly these keys, and perhaps of some more. */
const object =
  (checks: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check =>
  (value) =>
    isRecord(value) &&
    Object.keys(checks).every((key) => Object.hasOwn(value, key)) &&
    Object.entries(value).every(([key, content]) => ({ ...checks, ...optional })[key]?.(content) === true);

const part = object({ type: text, config: isRecord });
const loop = Object.fromEntries(Object.keys(startOfRun()).map((key) => [key, key === "seconds" ? number : count]));

const identity = {
  ...{ encoders: record(part), head: part, loss: part, optimizer: part },
  ...{ memory: orNull(isRecord), seed: number, accumulate: count },
};
const watched = object({ monitor: text, mode: (value) => value === "min" || value === "max" });

const CHECKS: Readonly<Record<keyof CheckpointState, Check>> = {
  identity: object(identity, { guide: text, ema: orNull(isRecord) }),
  engine: text,
  versions: record(text),
  batchesPerEpoch: orNull(count),
  loop: object(loop),
  vocabulary: list((value) => text(value) || number(value)),
  log: record((value) => list(number)(value) && (value as unknown[]).length === 2),
  latest: record(number),
  best: orNull(number),
  watched: orNull(watched),
  earlyStopping: orNull(object({ best: orNull(number), waited: count }, { watched })),
  callbacks: isRecord,
  memory: orNull(object({ pointer: count, filled: count })),
  history: isRecord,
  files: object({ "training.safetensors": text, "model/weights.safetensors": text }),
};

/** Not in checkpoints of older releases. */
const ADDED: readonly (keyof CheckpointState)[] = ["watched", "history", "files"];

/** @throws FileFormatError naming every key that is missing, unknown or not what it should be. */
export function requireState(content: JsonObject, file: string): CheckpointState {
  const keys = Object.keys(CHECKS) as (keyof CheckpointState)[];
  const wrong = [
    ...keys.filter((key) => !Object.hasOwn(content, key) && !ADDED.includes(key)).map((key) => `"${key}" is missing`),
    ...keys
      .filter((key) => Object.hasOwn(content, key) && !CHECKS[key](content[key]))
      .map((key) => `"${key}" is wrong`),
    ...Object.keys(content)
      .filter((key) => !Object.hasOwn(CHECKS, key))
      .map((key) => `${JSON.stringify(key.slice(0, 80))} is unknown`),
  ];
  if (wrong.length > 0) throw new FileFormatError(file, `no checkpoint of this release: ${wrong.join(", ")}`);
  return content as unknown as CheckpointState;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
