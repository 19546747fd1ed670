import { downloadSync, type HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, type Tensors } from "../tensor/tree.js";
import { difference } from "./compare.js";

/** What came out of a computation, null when it threw, and what it did that a training step may not do. */
export interface Watched {
  readonly result: HostTensors | null;
  readonly problems: readonly string[];
}

/**
 * Runs a part as a training step does, twice: it must give the same numbers bit for bit, read none of them back and leave no tensor. The
 * first time does not count for tensors, because a part may keep constants that it makes once.
 *
 * @param what begins each sentence: "in training, it".
 */
export function runTwice(what: string, compute: () => Tensors): Watched {
  try {
    const first = run(compute);
    const { result, reads, left } = run(compute);
    const other = difference(first.result, result);
    const problems = [
      other && `${what} gives other numbers when it is run again: ${other}; take random numbers from what it is given`,
      reads > 0 && `${what} reads the numbers of a tensor (dataSync, data); a step that does cannot be compiled`,
      leftBehind(what, left),
    ].filter((problem) => typeof problem === "string");
    return { result, problems };
  } catch (error) {
    return { result: null, problems: [thrown(what, error)] };
  }
}

/** Says that tensors were left behind; null when none were. */
export function leftBehind(what: string, count: number): string | null {
  return count > 0 ? `${what} leaves ${count} tensors behind each time it is run` : null;
}

/** Says that something was thrown. */
export function thrown(what: string, error: unknown): string {
  return `${what} throws ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

/** What a check gives, or that it threw. */
export async function attempt(what: string, check: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await check();
  } catch (error) {
    return [thrown(what, error)];
  }
}

function run(compute: () => Tensors): { result: HostTensors; reads: number; left: number } {
  const before = tf.memory().numTensors;
  let result: HostTensors = {};
  let reads = 0;
  tf.tidy(() => {
    const [tensors, count] = countReads(compute);
    reads = count;
    result = mapEntries(tensors, downloadSync);
  });
  return { result, reads, left: tf.memory().numTensors - before };
}

/** How often numbers of a tensor are read meanwhile. */
function countReads<T>(compute: () => T): [result: T, reads: number] {
  const prototype = tf.Tensor.prototype as { dataSync: unknown; data: unknown };
  const kept = { dataSync: prototype.dataSync, data: prototype.data };
  let reads = 0;
  for (const name of ["dataSync", "data"] as const) {
    const read = kept[name] as (this: tf.Tensor) => unknown;
    prototype[name] = function counted(this: tf.Tensor): unknown {
      reads += 1;
      return read.call(this);
    };
  }
  try {
    const result = compute();
    return [result, reads];
  } finally {
    Object.assign(prototype, kept);
  }
}
