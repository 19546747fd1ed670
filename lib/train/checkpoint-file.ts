import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { SavedPart } from "../contracts/part.js";
import type { Group } from "../contracts/samples.js";
import { FileFormatError } from "../errors.js";
import { canonicalJson, type Json, type JsonObject } from "../json.js";
import type { RingBufferState } from "../memory/ring-buffer.js";
import { readModel, savedPart, writeModelFiles } from "../model/model-file.js";
import type { PartRegistry } from "../model/part-registry.js";
import type { ModelContent } from "../model/model-content.js";
import { writeDirectoryAtomic, writeFileAtomic } from "../store/atomic.js";
import { readJsonFile } from "../store/json-file.js";
import { readSafetensors, writeSafetensors } from "../store/safetensors.js";
import { hostTensor, type HostTensors } from "../tensor/host.js";
import { prefixed, under } from "../tensor/tree.js";
import type { Assembled } from "../model/assemble.js";
import type { Kind } from "../contracts/samples.js";
import type { EarlyStoppingState } from "./early-stopping.js";
import type { Scalars } from "./events.js";
import type { LoopState } from "./loop-state.js";

const format = "likewise-checkpoint";
const version = 1;

/** What must be equal for a run to go on with the same numbers. */
export interface RunIdentity {
  readonly encoders: Readonly<Record<string, SavedPart>>;
  readonly head: SavedPart;
  readonly loss: SavedPart;
  readonly optimizer: { readonly type: string; readonly config: JsonObject };
  readonly seed: number;
  readonly accumulate: number;
}

/** `training.json` of a checkpoint. */
export interface CheckpointState {
  readonly identity: RunIdentity;
  readonly engine: string;
  readonly loop: LoopState;
  readonly vocabulary: readonly Group[];
  readonly log: Readonly<Record<string, readonly [number, number]>>;
  readonly latest: Scalars;
  readonly best: number | null;
  readonly earlyStopping: EarlyStoppingState | null;
  readonly callbacks: Readonly<Record<string, Json>>;
  readonly memory: { readonly pointer: number; readonly filled: number } | null;
}

/** A checkpoint: plain state, every carried tensor, the rows of the cross-batch memory. */
export interface Checkpoint {
  readonly state: CheckpointState;
  readonly carried: HostTensors;
  readonly memory: RingBufferState | null;
}

/** Writes a checkpoint folder in one step: the model, servable as it is, and beside it what training needs to go on. */
export async function writeCheckpoint<Item>(
  directory: string,
  checkpoint: Checkpoint,
  model: ModelContent<Item>,
): Promise<void> {
  const { state, carried, memory } = checkpoint;
  await writeDirectoryAtomic(directory, async (temporary) => {
    await mkdir(join(temporary, "model"));
    await writeModelFiles(join(temporary, "model"), model);
    const rows: HostTensors =
      memory === null
        ? {}
        : prefixed("memory", {
            embeddings: hostTensor(memory.embeddings, [
              memory.groups.length,
              memory.embeddings.length / Math.max(1, memory.groups.length),
            ]),
            groups: hostTensor(memory.groups, [memory.groups.length]),
          });
    await writeSafetensors(join(temporary, "training.safetensors"), { ...prefixed("carried", carried), ...rows });
    await writeFileAtomic(
      join(temporary, "training.json"),
      `${JSON.stringify({ format, version, ...state }, null, 2)}\n`,
    );
  });
}

/** @throws FileFormatError when the folder is no checkpoint, or a damaged one. */
export async function readCheckpoint(directory: string): Promise<Checkpoint> {
  const file = join(directory, "training.json");
  const state = (await readJsonFile(file, { format, version })) as unknown as CheckpointState;
  for (const key of ["identity", "loop", "vocabulary", "log", "latest", "callbacks"] as const) {
    if (typeof state[key] !== "object" || state[key] === null) throw new FileFormatError(file, `"${key}" is missing`);
  }
  const weights = join(directory, "training.safetensors");
  const { tensors } = await readSafetensors(weights);
  const { embeddings, groups } = under(tensors, "memory");
  let memory: RingBufferState | null = null;
  if (state.memory !== null && state.memory !== undefined) {
    if (!(embeddings?.data instanceof Float32Array) || !(groups?.data instanceof Int32Array)) {
      throw new FileFormatError(weights, "the rows of the cross-batch memory are missing");
    }
    memory = { ...state.memory, embeddings: embeddings.data, groups: groups.data };
  }
  return { state, carried: under(tensors, "carried"), memory };
}

/** The encoders of a checkpoint with everything they had learned from the data. */
export async function readFittedEncoders<Item>(
  directory: string,
  parts: PartRegistry,
): Promise<ModelContent<Item>["encoders"]> {
  return (await readModel<Item>(join(directory, "model"), parts)).encoders;
}

export function identityOf<K extends Kind, Item>(
  { encoders, head, loss, optimizer }: Assembled<K, Item>,
  { seed, accumulate }: { readonly seed: number; readonly accumulate: number },
): RunIdentity {
  return {
    encoders: Object.fromEntries(encoders.map(([name, encoder]) => [name, savedPart(encoder)])),
    head: savedPart(head),
    loss: savedPart(loss),
    optimizer: { type: optimizer.type, config: optimizer.config },
    seed,
    accumulate,
  };
}

/** Every difference between the run a checkpoint was written by and the one that wants to go on from it. */
export function differences(saved: RunIdentity, now: RunIdentity): string[] {
  const problems: string[] = [];
  const compare = (what: string, before: unknown, after: unknown): void => {
    const [left, right] = [canonicalJson(before ?? null), canonicalJson(after ?? null)];
    if (left !== right) problems.push(`${what}: the checkpoint has ${left}, the model now has ${right}`);
  };
  for (const name of new Set([...Object.keys(saved.encoders), ...Object.keys(now.encoders)])) {
    compare(`encoder "${name}"`, saved.encoders[name], now.encoders[name]);
  }
  for (const key of ["head", "loss", "optimizer", "seed", "accumulate"] as const) compare(key, saved[key], now[key]);
  return problems;
}
