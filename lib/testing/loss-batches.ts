import type { Kind } from "../contracts/samples.js";
import type { HostTensor, HostTensors } from "../tensor/host.js";

/** Embeddings and targets of a batch, with what a guide says of the same rows. */
export interface LossBatch {
  readonly embeddings: HostTensor;
  readonly targets: HostTensors;
  readonly guide: HostTensor;
}

/** How many samples a batch has. */
export function sampleCount(kind: Kind, { embeddings, targets }: LossBatch): number {
  const [rows = 0] = embeddings.shape;
  if (kind === "pair") return rows / 2;
  return kind === "tuple" ? rows - lengthOf(targets["positiveOwners"]) - lengthOf(targets["negativeOwners"]) : rows;
}

/** The batch of these samples, in this order. */
export function samplesOf(kind: Kind, batch: LossBatch, samples: readonly number[]): LossBatch {
  const { embeddings, targets, guide } = batch;
  const count = sampleCount(kind, batch);
  const moved = (places: readonly number[]): Pick<LossBatch, "embeddings" | "guide"> => ({
    embeddings: taken(embeddings, places),
    guide: taken(guide, places),
  });
  const all = (places: readonly number[]): HostTensors =>
    Object.fromEntries(Object.entries(targets).map(([name, target]) => [name, taken(target, places)]));
  if (kind === "tuple") {
    const owned = (side: "positiveOwners" | "negativeOwners"): { places: number[]; owners: HostTensor } => {
      const owners = [...(targets[side] as HostTensor).data];
      const found = samples.flatMap((sample, own) =>
        owners.flatMap((owner, place) => (owner === sample ? [{ own, place }] : [])),
      );
      const data = Int32Array.from(found, ({ own }) => own);
      return { places: found.map(({ place }) => place), owners: { data, shape: [data.length] } };
    };
    const [positives, negatives] = [owned("positiveOwners"), owned("negativeOwners")];
    const before = lengthOf(targets["positiveOwners"]);
    const others = [...positives.places, ...negatives.places.map((place) => before + place)];
    return {
      ...moved([...samples, ...others.map((place) => count + place)]),
      targets: {
        positiveOwners: positives.owners,
        negativeOwners: negatives.owners,
        scores: taken(targets["scores"] as HostTensor, others),
      },
    };
  }
  if (kind !== "pair") return { ...moved(samples), targets: all(samples) };
  const both = [...samples, ...samples.map((sample) => count + sample)];
  return {
    ...moved(both),
    targets: {
      labels: taken(targets["labels"] as HostTensor, samples),
      subgroups: taken(targets["subgroups"] as HostTensor, both),
    },
  };
}

const lengthOf = (tensor: HostTensor | undefined): number => tensor?.data.length ?? 0;

function taken({ data, shape: [rows = 1, ...rest] }: HostTensor, places: readonly number[]): HostTensor {
  const width = data.length / Math.max(1, rows);
  const numbers = places.flatMap((place) => [...data.subarray(place * width, (place + 1) * width)]);
  return {
    data: data instanceof Int32Array ? Int32Array.from(numbers) : Float32Array.from(numbers),
    shape: [places.length, ...rest],
  };
}
