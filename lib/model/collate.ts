import { DataError } from "../errors.js";
import { keptItems } from "../cache/kept-items.js";
import { requireRows } from "../contracts/embedded-rows.js";
import { isRouting, type Encoder, type FrozenEncoder, type Routing } from "../contracts/encoder.js";
import { partFailure, partNamed } from "../contracts/part-failure.js";
import { hostTensor, type HostTensor, type HostTensors } from "../tensor/host.js";
import { LateTensor } from "../tensor/late-tensor.js";
import { prefixed } from "../tensor/tree.js";
import type { Encoders } from "./parameters.js";

/** Gives the vectors of a frozen encoder, one after the other; a cache is one way to, and may leave them where they lie for now. */
export type EmbedRows<Item> = (
  name: string,
  encoder: FrozenEncoder<Item>,
  items: readonly Item[],
) => Promise<Float32Array | LateTensor>;

/** Items as the inputs `forward` reads: `frozen/<name>` and `inputs/<name>/<key>`. */
export async function collate<Item>(
  encoders: Encoders<Item>,
  items: readonly Item[],
  embedRows: EmbedRows<Item> = (_name, encoder, given) => encoder.embed(given),
): Promise<HostTensors> {
  const inputs: Record<string, HostTensor> = {};
  await Promise.all(
    encoders.map(async ([name, encoder]) => {
      try {
        if (isRouting(encoder))
          inputs[`routes/${name}`] = hostTensor(await waysOf(name, encoder, items), [items.length]);
        Object.assign(inputs, await inputsOf(name, encoder, items, embedRows));
      } catch (error) {
        throw partFailure(`encoder "${name}"`, encoder, error);
      }
    }),
  );
  return inputs;
}

/** An encoder counts the items that it is given; what is wrong with one of them is found by where they come from. */
export function placed(error: unknown, place: string): unknown {
  if (!(error instanceof DataError) || error.file !== undefined) return error;
  return new DataError(`${place}: ${error.message}`, undefined, undefined, { cause: error });
}

/** The same in chunks of so many items, `chunks/<n>/…`, when there are more. */
export async function collateInChunks<Item>(
  encoders: Encoders<Item>,
  items: readonly Item[],
  chunkSize: number,
  embedRows: EmbedRows<Item>,
): Promise<HostTensors> {
  if (items.length <= chunkSize) return collate(encoders, items, embedRows);
  const inputs: Record<string, HostTensor> = {};
  for (let start = 0, chunk = 0; start < items.length; start += chunkSize, chunk += 1) {
    const some = await collate(encoders, items.slice(start, start + chunkSize), embedRows);
    Object.assign(inputs, prefixed(`chunks/${chunk}`, some));
  }
  return inputs;
}

/** Ways of items, or of what stands for them. */
async function waysOf<Item>(name: string, encoder: Routing<Item>, items: readonly Item[]): Promise<Int32Array> {
  const kept = keptItems<Item>(items);
  const route = (read: readonly Item[]): Int32Array => encoder.routesOf(read);
  return kept === null ? route(items) : kept.source.waysOf(name, kept.places, route);
}

async function inputsOf<Item>(
  name: string,
  encoder: Encoder<Item>,
  items: readonly Item[],
  embedRows: EmbedRows<Item>,
): Promise<HostTensors> {
  if (encoder.trainable) return prefixed(`inputs/${name}`, await encoder.collate(items));
  const rows = await embedRows(name, encoder, items);
  if (rows instanceof LateTensor) return { [`frozen/${name}`]: rows };
  requireRows(partNamed(`encoder "${name}"`, encoder), rows, items.length, encoder.embeddingSize);
  const shape = [items.length, encoder.embeddingSize];
  return { [`frozen/${name}`]: { data: rows, shape } };
}

/** @throws DataError naming the first row that holds a NaN or an infinity. */
export function requireFinite(vectors: Float32Array, size: number, what: string): void {
  for (let i = 0; i < vectors.length; i += 1) {
    if (!Number.isFinite(vectors[i])) {
      throw new DataError(
        `${what}: the vector of item ${Math.floor(i / size)} holds ${vectors[i]}; check the item and the encoder`,
      );
    }
  }
}
