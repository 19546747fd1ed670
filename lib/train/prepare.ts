import type { Batch, HostTargets, LoadedTargets } from "../contracts/batch.js";
import type { Kind } from "../contracts/samples.js";
import type { Assembled } from "../model/assemble.js";
import { usesChunks, usesDatasets, type SimilarityLoss } from "../contracts/loss.js";
import { DataError } from "../errors.js";
import { collate, collateInChunks, placed, type EmbedRows } from "../model/collate.js";
import { lossOf } from "../model/dataset-loss.js";
import { GUIDE, withGuide } from "../model/guide.js";
import { hostScalar, type HostTensor, type HostTensors } from "../tensor/host.js";
import { numbersOfRows } from "./item-numbers.js";
import { prefixed } from "../tensor/tree.js";

/** A batch as the engine takes it. */
export interface Prepared<K extends Kind> {
  readonly inputs: HostTensors;
  readonly targets: HostTargets<K>;
  /** Which item each row is, for a memory; see `itemNumbers`. Null when nobody asked. */
  readonly items: Float64Array | null;
  /** Samples. */
  readonly size: number;
  readonly position: number;
}

/** Turns loaded batches into inputs: frozen vectors (cached), collated items, targets as numbers. */
export async function* prepare<K extends Kind, Item>(
  assembled: Assembled<K, Item>,
  batches: AsyncIterable<Batch<K, Item>>,
  embedRows: EmbedRows<Item>,
  where: string,
  numbersItems = false,
): AsyncGenerator<Prepared<K>, void, void> {
  for await (const batch of batches) {
    const place = `${where}, batch ${batch.position}`;
    checkScores(assembled.loss, batch, place);
    const targets = numericTargets(batch, (groups) => assembled.vocabulary.encode(groups, place));
    const tensors: Record<string, HostTensor> = {};
    for (const [name, data] of Object.entries(targets) as [string, Float32Array | Int32Array][]) {
      tensors[name] = { data, shape: [data.length] };
    }
    const inputs = await inputsOf(assembled, batch, embedRows).catch((error: unknown) => {
      throw placed(error, place);
    });
    yield {
      inputs: { ...inputs, ...prefixed("targets", tensors) },
      targets,
      items: numbersItems ? await numbersOfRows(batch.items) : null,
      size: batch.size,
      position: batch.position,
    };
  }
}

/** What encoders read, with the guide's vectors and the name of the dataset where the loss asks for them. */
async function inputsOf<K extends Kind, Item>(
  { encoders, guide, loss: whole }: Assembled<K, Item>,
  { items, dataset }: Batch<K, Item>,
  embedRows: EmbedRows<Item>,
): Promise<HostTensors> {
  const { loss } = lossOf(whole, dataset);
  const inputs = usesChunks(loss)
    ? await collateInChunks(encoders, items, loss.chunkSize, embedRows)
    : await collate(encoders, items, embedRows);
  const { [`frozen/${GUIDE}`]: guided } = await collate(withGuide([], guide), items, embedRows);
  return {
    ...inputs,
    ...(guided === undefined || !loss.usesGuide ? {} : { [GUIDE]: guided }),
    ...(usesDatasets(whole) ? { [`dataset/${dataset}`]: hostScalar(0) } : {}),
  };
}

/** @throws DataError for a pair with a score that the loss cannot learn from. */
function checkScores<K extends Kind, Item>(whole: SimilarityLoss<K>, batch: Batch<K, Item>, place: string): void {
  if (batch.kind !== "pair") return;
  const { loss } = lossOf(whole, batch.dataset);
  const [least, greatest] = loss.scoreRange;
  const { labels } = batch.targets as unknown as LoadedTargets<"pair">;
  const wrong = labels.findIndex((score) => !(score >= least && score <= greatest));
  if (wrong === -1) return;
  throw new DataError(
    `${place}: pair ${wrong} has the score ${labels[wrong]}; ${loss.type} learns from scores from ${least} to ${greatest}: bring the ` +
      `scores of the samples there, or choose a loss to which only their order counts`,
  );
}

function numericTargets<K extends Kind, Item>(
  batch: Batch<K, Item>,
  encode: (groups: LoadedTargets<"group">["groups"]) => Int32Array,
): HostTargets<K> {
  const { targets } = batch as { readonly targets: object };
  // Of all kinds only groups are not numbers yet; the table of kinds says the rest is the same.
  if (batch.kind === "group")
    return { groups: encode((targets as LoadedTargets<"group">).groups) } as unknown as HostTargets<K>;
  return targets as HostTargets<K>;
}

/** Share of rows that have another row of their group in the batch. */
export function shareWithPositive(groups: Int32Array): number {
  const counts = new Map<number, number>();
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1);
  let paired = 0;
  for (const count of counts.values()) if (count > 1) paired += count;
  return groups.length === 0 ? 1 : paired / groups.length;
}
