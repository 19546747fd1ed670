import type { Json } from "../json.js";
import type { HostTensors } from "../tensor/host.js";

/** A set of input shapes of a program, and what its graph was. */
export interface GraphRecord {
  /** Name, type and shape of each. */
  readonly inputs: readonly (readonly [name: string, type: "float32" | "int32", shape: readonly number[]])[];
  /** Runs so far on a graph that is for other sizes too; null on one of its own. */
  readonly runs: number | null;
  /** Its place among all that were loaded. */
  readonly loaded: number;
}

/** Largest batch, and most numbers of one input, that are believed: a record is only to be recorded again, but that takes memory too. */
const MOST_ROWS = 16_384;
const MOST_NUMBERS = 1 << 26;

export function recordOf(inputs: HostTensors, { runs, loaded }: Pick<GraphRecord, "runs" | "loaded">): GraphRecord {
  const described = Object.entries(inputs).map(([name, { data, shape }]): GraphRecord["inputs"][number] => [
    name,
    data instanceof Int32Array ? "int32" : "float32",
    shape,
  ]);
  return { inputs: described, runs, loaded };
}

/** Inputs of these types and shapes, without numbers: enough to be recorded. */
export function emptyInputs({ inputs }: GraphRecord): HostTensors {
  return Object.fromEntries(
    inputs.map(([name, type, shape]) => [
      name,
      { data: type === "int32" ? new Int32Array() : new Float32Array(), shape: [...shape] },
    ]),
  );
}

/** Records of a program from a file; what is none is left out. */
export function readRecords(json: Json | undefined): readonly GraphRecord[] {
  return Array.isArray(json) ? json.filter((entry): entry is GraphRecord & Json => isRecord(entry)) : [];
}

function isRecord(entry: unknown): entry is GraphRecord {
  const { inputs, runs, loaded } = (entry ?? {}) as Partial<Record<keyof GraphRecord, unknown>>;
  return isCount(loaded) && (runs === null || isCount(runs)) && Array.isArray(inputs) && inputs.every(isInput);
}

function isInput(entry: unknown): boolean {
  if (!Array.isArray(entry) || entry.length !== 3) return false;
  const [name, type, shape] = entry as unknown[];
  if (typeof name !== "string" || (type !== "float32" && type !== "int32")) return false;
  if (!Array.isArray(shape) || !shape.every(isCount) || (shape[0] ?? 0) > MOST_ROWS) return false;
  return shape.reduce((product, length) => product * length, 1) <= MOST_NUMBERS;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
