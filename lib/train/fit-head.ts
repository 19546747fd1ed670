import { isFittableHead, type VectorRows } from "../contracts/head.js";
import { isRouting } from "../contracts/encoder.js";
import type { Kind } from "../contracts/samples.js";
import { AssemblyError } from "../errors.js";
import type { Assembled } from "../model/assemble.js";
import { collate, requireFinite, type EmbedRows } from "../model/collate.js";
import { flatten, prefixed } from "../tensor/tree.js";
import { Random } from "../random.js";
import type { HostTensor, HostTensors } from "../tensor/host.js";
import type { TrainEvent } from "./events.js";
import type { RunContext } from "./run-context.js";

/** Items whose vectors are shown to a head at a time. */
const BATCH = 512;

/** @throws AssemblyError for a head that would learn from vectors that change in training. */
export function checkHeadCanBeFitted<K extends Kind, Item>({ name, head, encoders }: Assembled<K, Item>): void {
  const trainable = encoders.find(([, encoder]) => encoder.trainable);
  if (!isFittableHead(head) || head.fitted || trainable === undefined) return;
  const [encoderName, encoder] = trainable;
  throw new AssemblyError(name, [
    `head: ${head.type} learns from the encoders' vectors before training, but encoder "${encoderName}" (${encoder.type}) is trained, so ` +
      "that its vectors change; freeze it, or use another head",
  ]);
}

/** Lets the head learn what it learns before the first step, from the vectors of all train items, and puts that into the session. */
export async function* fitHead<K extends Kind, Item>(
  { assembled, session, embedRows }: Pick<RunContext<K, Item>, "assembled" | "session" | "embedRows">,
  items: () => AsyncIterable<Item>,
): AsyncGenerator<TrainEvent, void> {
  const { head } = assembled;
  if (!isFittableHead(head) || head.fitted) return;
  const began = performance.now();
  let done = 0;
  let told = 0;
  let running = true;
  let wake: () => void = () => undefined;
  const fitting = head
    .fit(async function* vectors() {
      for await (const rows of vectorsOf(assembled, items(), embedRows)) {
        yield rows;
        done += rows.rows;
        wake();
      }
    })
    .finally(() => {
      running = false;
      wake();
    });
  fitting.catch(() => undefined);
  const event = (finished: boolean): TrainEvent => {
    const seconds = (performance.now() - began) / 1000;
    return { type: "fitting", part: "head", what: head.type, done, seconds, finished };
  };
  while (running) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
    if (done > told && running) yield event(false);
    told = done;
  }
  await fitting;
  const { state = {} } = head.initialize(new Random(0));
  await session.write(prefixed("state/head", flatten<HostTensor>(state)));
  yield event(true);
}

/** What comes into the head, for some items at a time. */
async function* vectorsOf<K extends Kind, Item>(
  { encoders }: Assembled<K, Item>,
  items: AsyncIterable<Item>,
  embedRows: EmbedRows<Item>,
): AsyncGenerator<VectorRows> {
  const size = encoders.reduce((sum, [, { embeddingSize }]) => sum + embeddingSize, 0);
  let read = 0;
  const rowsOf = async (some: readonly Item[]): Promise<VectorRows> => {
    const inputs = await collate(encoders, some, embedRows);
    const data = joined(inputs, encoders, some.length, size);
    requireFinite(data, size, `vectors of the train items from ${read}`);
    const routing = encoders.find(([, encoder]) => isRouting(encoder));
    const ids = routing === undefined ? undefined : (inputs[`routes/${routing[0]}`]?.data as Int32Array | undefined);
    const names = routing !== undefined && isRouting(routing[1]) ? routing[1].routes : [];
    return { data, rows: some.length, size, ...(ids === undefined ? {} : { routes: { names, ids } }) };
  };
  let some: Item[] = [];
  for await (const item of items) {
    some.push(item);
    if (some.length < BATCH) continue;
    yield await rowsOf(some);
    read += some.length;
    some = [];
  }
  if (some.length > 0) yield await rowsOf(some);
}

/** Vectors of all encoders beside each other, as `forward` joins them. */
function joined(
  inputs: HostTensors,
  encoders: Assembled<Kind, never>["encoders"],
  rows: number,
  size: number,
): Float32Array {
  const data = new Float32Array(rows * size);
  let offset = 0;
  for (const [name, { embeddingSize: width }] of encoders) {
    const own = (inputs[`frozen/${name}`] as HostTensor).data as Float32Array;
    for (let row = 0; row < rows; row += 1) data.set(own.subarray(row * width, (row + 1) * width), row * size + offset);
    offset += width;
  }
  return data;
}
