import { isFittableHead, type TrainVectors, type VectorRows } from "../lib/contracts/head.js";
import { UsageError } from "../lib/errors.js";
import { Random } from "../lib/random.js";
import { prepareBackend } from "../lib/tensor/backend.js";
import { downloadSync, upload, type HostTensor } from "../lib/tensor/host.js";
import * as tf from "../lib/tensor/tf.js";
import { flatten, mapEntries, unflatten, type TensorTree } from "../lib/tensor/tree.js";
import { applyNested, initializeNested, type NamedHeads } from "./nested.js";

/** Whether no head is left that has something to learn before training. */
export function allFitted(heads: NamedHeads): boolean {
  return heads.every(([, head]) => !isFittableHead(head) || head.fitted);
}

/**
 * Fits heads that run one after another: each sees what those before it give.
 * @throws UsageError when one before it has parameters: what it gives changes in training.
 */
export async function fitInTurn(heads: NamedHeads, vectors: TrainVectors): Promise<void> {
  for (const [at, [name, head]] of heads.entries()) {
    if (!isFittableHead(head) || head.fitted) continue;
    const before = heads.slice(0, at);
    const trained = before.find(([, other]) => Object.keys(other.initialize(new Random(0)).parameters).length > 0);
    if (trained !== undefined) {
      throw new UsageError(
        `${name} (${head.type}) learns from vectors before training, but ${trained[0]} (${trained[1].type}) before it is trained; ` +
          "put it first",
      );
    }
    await head.fit(before.length === 0 ? vectors : through(before, vectors));
  }
}

/** Fits heads that each stand for a way: each sees the rows that are sent its way. */
export async function fitByWay(heads: NamedHeads, vectors: TrainVectors): Promise<void> {
  for (const [name, head] of heads) if (isFittableHead(head) && !head.fitted) await head.fit(ofWay(name, vectors));
}

function ofWay(name: string, vectors: TrainVectors): TrainVectors {
  return async function* own() {
    for await (const { data, rows, size, routes } of vectors()) {
      const way = routes?.names.indexOf(name) ?? -1;
      if (routes === undefined || way < 0) throw new UsageError(`no encoder sends items the way of head "${name}"`);
      const places = [...routes.ids.keys()].filter((row) => row < rows && routes.ids[row] === way);
      const kept = new Float32Array(places.length * size);
      places.forEach((row, at) => kept.set(data.subarray(row * size, (row + 1) * size), at * size));
      yield { data: kept, rows: places.length, size };
    }
  };
}

/** What heads without parameters give. */
function through(heads: NamedHeads, vectors: TrainVectors): TrainVectors {
  return async function* given() {
    await prepareBackend();
    for (const [, head] of heads) head.prepare();
    for await (const rows of vectors()) yield run(heads, rows);
  };
}

function run(heads: NamedHeads, rows: VectorRows): VectorRows {
  const { state = {} } = initializeNested(heads, new Random(0));
  let result: HostTensor | null = null;
  tf.tidy(() => {
    const uploaded: TensorTree = unflatten(mapEntries(flatten<HostTensor>(state), upload));
    const noise = { uniform: (shape: readonly number[]) => tf.fill([...shape], 0.5) };
    const routes =
      rows.routes === undefined
        ? {}
        : { routes: { names: rows.routes.names, ids: tf.tensor1d(rows.routes.ids, "int32") } };
    let x = tf.tensor2d(rows.data, [rows.rows, rows.size]);
    for (const named of heads)
      x = applyNested(named, {}, x, { training: false, noise, state: uploaded, ...routes }, {});
    result = downloadSync(x);
  });
  const { data, shape } = result as unknown as HostTensor;
  return { ...rows, data: data as Float32Array, rows: shape[0] as number, size: shape[1] as number };
}
