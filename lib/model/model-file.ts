import { join } from "node:path";
import { FrozenEncoder, TrainableEncoder, type Encoder } from "../contracts/encoder.js";
import { Head } from "../contracts/head.js";
import type { Part, SavedPart } from "../contracts/part.js";
import { requirePath } from "../contracts/path.js";
import { distanceNamed, savedDistance, type DistanceName, type SavedDistance } from "../distances/index.js";
import { FileFormatError } from "../errors.js";
import { Random } from "../random.js";
import { recoverDirectory } from "../store/atomic-directory.js";
import { writeDirectoryAtomic, writeFileAtomic } from "../store/atomic.js";
import { readEditableJsonFile, writeCheckedJsonFile } from "../store/json-file.js";
import { DESCRIPTIONS, type FolderContent } from "../store/replaceable-folder.js";
import { readSafetensors, writeSafetensors } from "../store/safetensors.js";
import { zerosLike, type HostTensors } from "../tensor/host.js";
import { prefixed, under } from "../tensor/tree.js";
import { initialize, type Encoders } from "./parameters.js";
import { modelCard, type CardOptions } from "./model-card.js";
import type { PartRegistry } from "./part-registry.js";
import type { ModelContent } from "./model-content.js";
import type { TrainingRecord } from "./training-record.js";

const { format } = DESCRIPTIONS.model;
const version = 1;

/** What a saved model consists of. */
export const MODEL_FOLDER: FolderContent = {
  who: "SimilarityModel.save",
  what: "a model",
  described: DESCRIPTIONS.model,
  files: ["weights.safetensors", "README.md"],
};

/** `model.json` of a saved model; the numbers lie beside it in `weights.safetensors`. */
interface SavedModel {
  readonly format: typeof format;
  readonly version: typeof version;
  readonly encoders: Readonly<Record<string, SavedPart>>;
  readonly head: SavedPart;
  readonly distance: DistanceName | SavedDistance;
  /** Absent in models of older versions. */
  readonly training?: TrainingRecord | null;
}

/**
 * Replaces the folder in one step, or leaves it as it was.
 * @throws ConfigError for what is no path of a folder of its own, UsageError when the folder holds anything but a model.
 */
export async function writeModel<Item>(
  directory: string,
  content: ModelContent<Item>,
  card: CardOptions = {},
): Promise<void> {
  await writeDirectoryAtomic(directory, MODEL_FOLDER, async (temporary) => {
    await writeModelFiles(temporary, content, card);
  });
}

/** Writes the files of a model into a folder that exists. @returns the checksum of its weights. */
export async function writeModelFiles<Item>(
  directory: string,
  content: ModelContent<Item>,
  card: CardOptions = {},
): Promise<string> {
  const { encoders, head, distance, carried, training = null } = content;
  const saved: Omit<SavedModel, "format" | "version"> = {
    encoders: Object.fromEntries(encoders.map(([name, encoder]) => [name, savedPart(encoder)])),
    head: savedPart(head),
    distance: savedDistance(distance) as DistanceName | SavedDistance,
    training,
  };
  const weights = { ...prefixed("weights/head", head.weights) };
  for (const [name, encoder] of encoders) Object.assign(weights, prefixed(`weights/encoders/${name}`, encoder.weights));
  const checksum = await writeSafetensors(join(directory, "weights.safetensors"), { ...carried, ...weights });
  await writeFileAtomic(join(directory, "README.md"), modelCard(content, card));
  await writeCheckedJsonFile(join(directory, "model.json"), { format, version }, saved);
  return checksum;
}

/**
 * @param checksum that its weights must have, where it is known
 * @throws ConfigError for what is no path, FileFormatError naming every tensor that is missing, superfluous or of another shape.
 */
export async function readModel<Item>(
  directory: string,
  parts: PartRegistry,
  checksum?: string,
): Promise<ModelContent<Item>> {
  requirePath("SimilarityModel.load", "directory", directory);
  await recoverDirectory(directory);
  const file = join(directory, "model.json");
  const saved = checked(file, await readEditableJsonFile(file, { format, version }));
  const { tensors } = await readSafetensors(
    join(directory, "weights.safetensors"),
    checksum === undefined ? {} : { checksum },
  );
  const wanted = Object.values(saved.encoders).map((part) => ["encoder", part] as const);
  parts.requireKnown([...wanted, ["head", saved.head]]);
  const encoders = Object.entries(saved.encoders)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(
      ([name, part]) =>
        [name, asEncoder<Item>(file, parts.make("encoder", part, under(tensors, `weights/encoders/${name}`)))] as const,
    );
  const head = parts.make("head", saved.head, under(tensors, "weights/head"));
  if (!isHead(head)) throw new FileFormatError(file, `${saved.head.type} is not a head`);
  const carried = {
    ...prefixed("parameters", under(tensors, "parameters")),
    ...prefixed("state", under(tensors, "state")),
  };
  requireSameTensors(file, expectedTensors(encoders, head), carried);
  return { encoders, head, carried, distance: distanceNamed(saved.distance), training: saved.training ?? null };
}

/** @throws FileFormatError listing every difference between the tensors a model needs and those that were read. */
export function requireSameTensors(file: string, expected: HostTensors, actual: HostTensors): void {
  const problems = tensorProblems(expected, actual);
  if (problems.length > 0)
    throw new FileFormatError(file, `its tensors do not fit:\n${problems.map((text) => `  - ${text}`).join("\n")}`);
}

/** Every difference between the tensors a model needs and those that are there. */
export function tensorProblems(expected: HostTensors, actual: HostTensors): string[] {
  const problems: string[] = [];
  for (const [name, { shape }] of Object.entries(expected)) {
    const found = actual[name];
    if (found === undefined) problems.push(`${name} [${shape.join(", ")}] is missing`);
    else if (found.shape.join() !== shape.join()) {
      problems.push(`${name} has shape [${found.shape.join(", ")}], the model needs [${shape.join(", ")}]`);
    }
  }
  for (const name of Object.keys(actual)) if (!(name in expected)) problems.push(`${name} is not part of the model`);
  return problems;
}

/** Type and configuration as JSON. */
export function savedPart(part: Part): SavedPart {
  return { type: part.type, config: part.config };
}

function expectedTensors(encoders: Encoders<never>, head: Head): HostTensors {
  const drawn = initialize(encoders, head, null, new Random(0));
  return Object.fromEntries(Object.entries(drawn).map(([name, tensor]) => [name, zerosLike(tensor)]));
}

function isHead(part: Part): part is Head {
  return part instanceof Head;
}

function asEncoder<Item>(file: string, part: Part): Encoder<Item> {
  if (part instanceof FrozenEncoder || part instanceof TrainableEncoder) return part as Encoder<Item>;
  throw new FileFormatError(file, `${part.type} is not an encoder`);
}

function checked(file: string, saved: object): SavedModel {
  const { encoders, head, distance } = saved as Partial<SavedModel>;
  const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isRecord(encoders) || !isRecord(head) || !(typeof distance === "string" || isRecord(distance))) {
    throw new FileFormatError(file, 'needs "encoders", "head" and "distance"');
  }
  return saved as SavedModel;
}
