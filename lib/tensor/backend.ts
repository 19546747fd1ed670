import { errorCode } from "../error-code.js";
import { EngineError } from "../errors.js";
import { candidates, type BackendCandidate } from "./backend-candidates.js";
import { BACKENDS, readEngineVariable, type BackendName } from "./engine-variable.js";
import { completeGradients } from "./gradients.js";
import { requireOneVersion } from "./one-version.js";
import * as tf from "./tf.js";
import { repairWasm } from "./wasm-repairs.js";

export type { BackendName } from "./engine-variable.js";

interface Opened {
  /** Null when the program chose a backend of its own before. */
  readonly name: BackendName | null;
  readonly description: string;
}

let opening: Promise<Opened> | null = null;
/** Once tried here, a current backend may be one that failed. */
let tried = false;

/**
 * Makes a tfjs backend ready, once in a process: the one asked for, or else that of the environment variable `LIKEWISE_ENGINE`, or
 * else the one the program has set itself, or else the fastest that loads: tfjs-node-gpu, tfjs-node, wasm, cpu.
 *
 * @returns a description for people, such as "wasm (SIMD)".
 * @throws EngineError when the one asked for does not load, when another is in use already, or when two versions of tfjs are loaded.
 */
export async function prepareBackend(preference?: BackendName): Promise<string> {
  const wanted = preference ?? readEngineVariable().backend;
  opening ??= open(wanted);
  const current = opening;
  try {
    const { name, description } = await current;
    if (preference !== undefined && name !== preference) {
      throw new EngineError(
        `backend ${preference} was asked for, but this process already uses ${description}; a process has one backend`,
      );
    }
    return description;
  } catch (error) {
    // What failed may succeed with another preference.
    if (opening === current && (await failed(current))) opening = null;
    throw error;
  }
}

/**
 * The backend that tensors live on here, for another thread that is to compute the same; null when none was chosen yet.
 *
 * @throws EngineError for a backend that the program has made itself, which other threads do not have.
 */
export function backendInUse(): BackendName | null {
  const present = tf.getBackend() as string | undefined;
  if (!present) return null;
  if (present === "tensorflow")
    return (tf.backend() as { readonly isGPUPackage?: boolean }).isGPUPackage === true ? "tfjs-node-gpu" : "tfjs-node";
  const known = BACKENDS.find((name) => name === present);
  if (known === undefined)
    throw new EngineError(
      `backend "${present}", which the program has set, is not there in other threads; compute in this one (workers: 0)`,
    );
  return known;
}

async function failed(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => false,
    () => true,
  );
}

async function open(wanted: BackendName | null): Promise<Opened> {
  completeGradients();
  const present = tf.getBackend() as string | undefined;
  if (wanted === null && present && !tried) {
    await tf.ready();
    if (present === "wasm") repairWasm();
    requireOneVersion();
    return { name: null, description: `${present} (set by the program)` };
  }
  tried = true;
  const opened = await openFirst(
    candidates.filter(({ name, onlyWhenAsked }) => (wanted === null ? onlyWhenAsked !== true : name === wanted)),
  );
  requireOneVersion();
  return opened;
}

/**
 * The first candidate that loads. One that is installed but fails is warned about; one that is not installed is not.
 *
 * @throws EngineError with the reason of each when none loads.
 */
export async function openFirst(
  list: readonly BackendCandidate[],
  warn = (text: string) => process.emitWarning(text),
): Promise<Opened> {
  const reasons: string[] = [];
  let cause: unknown;
  for (const { name, open: openCandidate } of list) {
    try {
      return { name, description: await openCandidate() };
    } catch (error) {
      cause = error;
      const reason = `${name}: ${describe(error)}`;
      reasons.push(reason);
      if (!isNotInstalled(error) && list.length > 1) warn(`likewise cannot use ${reason}`);
    }
  }
  throw new EngineError(`no tfjs backend loads here\n${reasons.map((reason) => `  - ${reason}`).join("\n")}`, {
    cause,
  });
}

function isNotInstalled(error: unknown): boolean {
  return errorCode(error) === "ERR_MODULE_NOT_FOUND" && /package '@tensorflow/.test((error as Error).message);
}

function describe(error: unknown): string {
  if (isNotInstalled(error)) return "is not installed";
  return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
}
