/**
 * Who may import whom. An area is a folder or a file; the longest one that contains a file is the file's area. A file may import its
 * own area and the areas listed for it, nothing else.
 */
export type Layers = Readonly<Record<string, readonly string[]>>;

const BASE = [
  ...["lib/errors.ts", "lib/random.ts", "lib/json.ts", "lib/hash.ts", "lib/content.ts", "lib/show.ts"],
  ...["lib/close-names.ts", "lib/thread-entry.ts", "lib/telemetry.ts", "lib/error-code.ts"],
];
const CONFIGURATION = [...BASE, "lib/validation.ts", "lib/config.ts", "lib/registry.ts"];
const CONTRACTS = [...CONFIGURATION, "lib/tensor/", "lib/contracts/"];
/** What a part may know of the framework. */
const FOR_PARTS = [...CONTRACTS, "lib/distances/", "lib/statistics/", "lib/layers/"];
const PARTS = ["encoders/", "heads/", "losses/", "metrics/", "data/"];
const SERVICES = [...FOR_PARTS, "lib/store/", "lib/cache/", "lib/memory/", "lib/optim/"];
const MODEL = [...SERVICES, "lib/engine/", "lib/model/", "lib/standard-parts.ts"];
const TRAIN = [...MODEL, "lib/retrieval/", "lib/train/"];

export const LAYERS: Layers = {
  "lib/errors.ts": BASE,
  "lib/random.ts": BASE,
  "lib/json.ts": BASE,
  "lib/hash.ts": BASE,
  "lib/content.ts": BASE,
  "lib/show.ts": BASE,
  "lib/close-names.ts": BASE,
  "lib/thread-entry.ts": BASE,
  "lib/telemetry.ts": BASE,
  "lib/error-code.ts": BASE,
  "lib/validation.ts": [],
  "lib/config.ts": [...BASE, "lib/validation.ts"],
  "lib/registry.ts": BASE,
  "lib/tensor/": CONFIGURATION,
  "lib/contracts/": CONTRACTS,
  "lib/distances/": CONTRACTS,
  "lib/layers/": CONTRACTS,
  "lib/statistics/": BASE,
  "lib/store/": FOR_PARTS,
  "lib/cache/": [...FOR_PARTS, "lib/store/"],
  "lib/memory/": [...FOR_PARTS, "lib/store/"],
  "lib/optim/": FOR_PARTS,
  // Engines run programs; they know nothing of models.
  "lib/engine/": FOR_PARTS,
  "encoders/": FOR_PARTS,
  "heads/": FOR_PARTS,
  "losses/": FOR_PARTS,
  "metrics/": FOR_PARTS,
  "data/": FOR_PARTS,
  "lib/model/": MODEL,
  // The one file that knows every concrete part, so that a saved model loads without a list of classes.
  "lib/standard-parts.ts": [...SERVICES, "lib/model/", ...PARTS],
  "lib/retrieval/": MODEL,
  "lib/train/": TRAIN,
  // Of losses the contract of miners, which is theirs.
  "lib/testing/": [...TRAIN, "losses/"],
  "lib/index.ts": TRAIN,
  "examples/": [],
  // Some measure what is inside.
  "bench/": TRAIN,
};

/**
 * npm packages and Node modules that only some places may import. `*` stands for anything within one name. A package that is not
 * listed must not be imported by published code.
 */
export const OWNERS: Readonly<Record<string, readonly string[]>> = {
  "@tensorflow/*": ["lib/tensor/"],
  "@huggingface/tokenizers": ["encoders/text-tokens.ts"],
  "onnxruntime-node": ["lib/engine/onnx/", "encoders/onnx*"],
  "@huggingface/transformers": ["encoders/transformers-model.ts"],
  sharp: ["encoders/images/"],
  rxjs: ["lib/train/"],
  "lru-cache": ["lib/cache/"],
  "class-validator": ["lib/validation.ts"],
  "cli-progress": ["lib/train/"],
  // What touches the disk says so in its name.
  "node:fs": [
    ...["data/parsers/", "lib/store/", "lib/train/sinks/", "lib/train/checkpoints.ts"],
    ...["encoders/**-file.ts", "lib/**-file.ts", "lib/**-folder.ts", "lib/tensor/one-version.ts"],
  ],
  "node:child_process": [],
};

/** Folders that are published; the rules about dependencies hold there. */
export const PUBLISHED = ["lib/", ...PARTS];
/** Folders with TypeScript in them. */
export const FOLDERS = [...PUBLISHED, "examples/", "bench/", "test/"];
/** Longest file, in lines. */
export const LONGEST = 300;
/** Names that say nothing about what a file is for. */
export const NAMELESS = /(?:^|\/)(?:utils?|common|helpers?|misc)\.ts$/;
