import { rm } from "node:fs/promises";
import { join } from "node:path";
import { FileFormatError } from "../errors.js";
import { readCheckedJsonFile, writeCheckedJsonFile } from "../store/json-file.js";
import { isMissing } from "../store/read.js";
import { foreignIn } from "../store/replaceable-folder.js";
import { CHECKPOINT_FOLDER } from "./checkpoint-file.js";
import { isPlainName } from "./checkpoint-name.js";

const FORMAT = { format: "likewise-kept-checkpoints", version: 1 };

/** One of the best states of a run. */
export interface KeptCheckpoint {
  /** Of its folder. */
  readonly name: string;
  readonly score: number;
  readonly step: number;
}

/** The best states of a run, best first; `kept.json` beside their folders. */
export async function writeKept(directory: string, kept: readonly KeptCheckpoint[]): Promise<void> {
  await writeCheckedJsonFile(join(directory, "kept.json"), FORMAT, { kept });
}

/** @throws FileFormatError when the file is damaged, or a name in it leads elsewhere. */
export async function readKept(directory: string): Promise<readonly KeptCheckpoint[]> {
  const file = join(directory, "kept.json");
  const content = await readCheckedJsonFile(file, FORMAT).catch((error: unknown) => {
    if (isMissing(error)) return { kept: [] };
    throw error;
  });
  const kept: unknown = content["kept"];
  if (!Array.isArray(kept) || !kept.every(isKept))
    throw new FileFormatError(file, "expected a list of kept checkpoints");
  return kept;
}

/** Removes the folder of a state that is no longer among the best; one in which the user has put something stays. */
export async function removeKept(directory: string, name: string): Promise<void> {
  if ((await foreignIn(join(directory, name), CHECKPOINT_FOLDER)).length > 0) return;
  await rm(join(directory, name), { recursive: true, force: true });
}

function isKept(value: unknown): value is KeptCheckpoint {
  const { name, score, step } = (value ?? {}) as Partial<Record<keyof KeptCheckpoint, unknown>>;
  return isPlainName(name) && typeof score === "number" && Number.isSafeInteger(step);
}
