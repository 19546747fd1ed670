import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Kind } from "../contracts/samples.js";
import { FileFormatError } from "../errors.js";
import { canonicalJson, type JsonObject } from "../json.js";
import type { RingBufferState } from "../memory/ring-buffer.js";
import type { Assembled } from "../model/assemble.js";
import { MODEL_FOLDER, readModel, savedPart, writeModelFiles } from "../model/model-file.js";
import type { ModelContent } from "../model/model-content.js";
import type { PartRegistry } from "../model/part-registry.js";
import { writeDirectoryAtomic } from "../store/atomic.js";
import { readCheckedJsonFile, writeCheckedJsonFile } from "../store/json-file.js";
import { DESCRIPTIONS, type FolderContent } from "../store/replaceable-folder.js";
import { readSafetensors, writeSafetensors } from "../store/safetensors.js";
import { hostTensor, type HostTensors } from "../tensor/host.js";
import { prefixed, under } from "../tensor/tree.js";
import { requireState, type CheckpointFiles, type CheckpointState, type RunIdentity } from "./checkpoint-state.js";
import type { TrainerConfig } from "./trainer-config.js";

const FORMAT = { format: DESCRIPTIONS.checkpoint.format, version: 1 };

/** What a checkpoint consists of. */
export const CHECKPOINT_FOLDER: FolderContent = {
  who: "CheckpointConfig",
  what: "a checkpoint",
  described: DESCRIPTIONS.checkpoint,
  files: ["training.safetensors"],
  folders: { model: MODEL_FOLDER },
};

/** A checkpoint: plain state, every carried tensor, the rows of the cross-batch memory and of metrics in the middle of an epoch. */
export interface Checkpoint {
  readonly state: CheckpointState;
  readonly carried: HostTensors;
  readonly memory: RingBufferState | null;
  /** See `DriftMeter`. */
  readonly drift: HostTensors;
  /** Rows that train metrics have seen in the current epoch; see `MetricRows`. */
  readonly metrics: HostTensors;
}

/** Writes a checkpoint folder in one step: the model, servable as it is, and beside it what training needs to go on. */
export async function writeCheckpoint<Item>(
  directory: string,
  { state, carried, memory, drift, metrics }: Checkpoint,
  model: ModelContent<Item>,
): Promise<void> {
  await writeDirectoryAtomic(directory, CHECKPOINT_FOLDER, async (temporary) => {
    await mkdir(join(temporary, "model"));
    const weights = await writeModelFiles(join(temporary, "model"), model);
    const rows = memory === null ? {} : memoryTensors(memory);
    const numbers = await writeSafetensors(join(temporary, "training.safetensors"), {
      ...prefixed("carried", carried),
      ...prefixed("memory", rows),
      ...prefixed("drift", drift),
      ...prefixed("metrics", metrics),
    });
    const files: CheckpointFiles = { "training.safetensors": numbers, "model/weights.safetensors": weights };
    await writeCheckedJsonFile(join(temporary, "training.json"), FORMAT, { ...state, files });
  });
}

/** @throws FileFormatError when the folder is no checkpoint, a damaged one, or one of pieces of several. */
export async function readCheckpoint(directory: string): Promise<Checkpoint> {
  const file = join(directory, "training.json");
  const state = requireState(await readCheckedJsonFile(file, FORMAT), file);
  const weights = join(directory, "training.safetensors");
  const { tensors } = await readSafetensors(weights, { checksum: state.files?.["training.safetensors"] ?? true });
  const memory = state.memory === null ? null : memoryOf(state.memory, under(tensors, "memory"), weights);
  return {
    state,
    carried: under(tensors, "carried"),
    memory,
    drift: under(tensors, "drift"),
    metrics: under(tensors, "metrics"),
  };
}

/** The encoders and the head of a checkpoint with everything they had learned from the data before training. */
export async function readFittedParts<Item>(
  { directory, state }: Pick<Checkpoint, "state"> & { readonly directory: string },
  parts: PartRegistry,
): Promise<Pick<ModelContent<Item>, "encoders" | "head">> {
  const { encoders, head } = await readModel<Item>(
    join(directory, "model"),
    parts,
    state.files?.["model/weights.safetensors"],
  );
  return { encoders, head };
}

export function identityOf<K extends Kind, Item>(
  { encoders, head, loss, guide, optimizer, xbm }: Assembled<K, Item>,
  { seed, accumulate, ema }: Pick<TrainerConfig, "seed" | "accumulate" | "ema">,
): RunIdentity {
  const plain = (given: object): JsonObject => JSON.parse(JSON.stringify(given)) as JsonObject;
  return {
    encoders: Object.fromEntries(encoders.map(([name, encoder]) => [name, savedPart(encoder)])),
    head: savedPart(head),
    loss: savedPart(loss),
    optimizer: { type: optimizer.type, config: optimizer.config },
    memory: xbm === null ? null : plain(xbm),
    seed,
    accumulate,
    ema: ema === null ? null : plain(ema),
    ...(guide === null ? {} : { guide: guide.fingerprint() }),
  };
}

/** Every difference between the run a checkpoint was written by and the one that wants to go on from it. */
export function differences(
  { state: { identity }, carried }: Pick<Checkpoint, "state" | "carried">,
  now: RunIdentity,
): string[] {
  // Older checkpoints tell of an average by its tensors alone.
  const averaged = Object.keys(carried).some((name) => name.startsWith("average/"));
  const saved: RunIdentity = { ema: averaged ? (now.ema ?? {}) : null, ...identity };
  const problems: string[] = [];
  const compare = (what: string, before: unknown, after: unknown): void => {
    const [left, right] = [canonicalJson(before ?? null), canonicalJson(after ?? null)];
    if (left !== right) problems.push(`${what}: the checkpoint has ${left}, the model now has ${right}`);
  };
  for (const name of new Set([...Object.keys(saved.encoders), ...Object.keys(now.encoders)])) {
    compare(`encoder "${name}"`, saved.encoders[name], now.encoders[name]);
  }
  for (const key of ["head", "loss", "optimizer", "memory", "seed", "accumulate", "ema", "guide"] as const) {
    compare(key, saved[key], now[key]);
  }
  return problems;
}

function memoryTensors({ embeddings, groups, items }: RingBufferState): HostTensors {
  const rows = groups.length;
  return {
    embeddings: hostTensor(embeddings, [rows, embeddings.length / Math.max(1, rows)]),
    groups: hostTensor(groups, [rows]),
    items: hostTensor(items, [rows, 2]),
  };
}

function memoryOf(
  place: { readonly pointer: number; readonly filled: number },
  { embeddings, groups, items }: HostTensors,
  file: string,
): RingBufferState {
  const fits =
    embeddings?.data instanceof Float32Array && groups?.data instanceof Int32Array && items?.data instanceof Int32Array;
  if (!fits) throw new FileFormatError(file, "the rows of the cross-batch memory are missing");
  return {
    ...place,
    embeddings: embeddings.data as Float32Array,
    groups: groups.data as Int32Array,
    items: items.data as Int32Array,
  };
}
