import { Metric, type Distance, type HostTargets } from "../lib/contracts/index.js";
import { refuse, unknownOptions } from "../lib/contracts/options.js";
import { Cosine, distanceNamed, type DistanceName } from "../lib/distances/index.js";
import { UsageError } from "../lib/errors.js";
import { prepareBackend } from "../lib/tensor/backend.js";
import type { HostMatrix } from "../lib/tensor/host.js";
import { pairDistances } from "../lib/tensor/pair-distances.js";

/** Options of `TripletAccuracy`. */
export interface TripletAccuracyOptions {
  /** By default that of the loss; cosine when there is none. */
  readonly distance?: DistanceName | Distance;
}

/**
 * Which share of the triplets of an anchor, one of its own positives and one of its own negatives has the positive nearer than the
 * negative. Equal distances count half. NaN without a triplet, or when an embedding is not finite.
 */
export class TripletAccuracy extends Metric<"tuple"> {
  readonly name = "triplet-accuracy";
  readonly higherIsBetter = true;
  override readonly kinds = ["tuple"] as const;
  readonly #given: Distance | null;
  #distance: Distance;
  #batches: { readonly embeddings: HostMatrix; readonly targets: HostTargets<"tuple"> }[] = [];

  constructor(options: TripletAccuracyOptions = {}) {
    super();
    refuse("TripletAccuracy", unknownOptions(options, ["distance"]));
    this.#given = options.distance === undefined ? null : distanceNamed(options.distance);
    this.#distance = this.#given ?? new Cosine();
  }

  override update(embeddings: HostMatrix, targets: HostTargets<"tuple">): void {
    if (targets.positiveOwners === undefined) throw new UsageError(`${this.name} needs targets of tuples`);
    const { positiveOwners, negativeOwners } = targets;
    this.#batches.push({
      embeddings: { ...embeddings, data: embeddings.data.slice() },
      targets: { ...targets, positiveOwners: positiveOwners.slice(), negativeOwners: negativeOwners.slice() },
    });
  }

  override async value(): Promise<number> {
    await prepareBackend();
    let right = 0;
    let triplets = 0;
    for (const { embeddings, targets } of this.#batches) {
      const { positives, negatives } = this.#distances(embeddings, targets);
      positives.forEach((near, anchor) => {
        for (const positive of near) {
          for (const negative of negatives[anchor] ?? []) {
            right += positive < negative ? 1 : positive === negative ? 0.5 : positive > negative ? 0 : NaN;
            triplets += 1;
          }
        }
      });
    }
    return right / triplets;
  }

  override reset(): void {
    this.#batches = [];
  }

  override useDistance(distance: Distance): void {
    if (this.#given === null) this.#distance = distance;
  }

  /** Of every anchor to its own positives and negatives. */
  #distances(
    embeddings: HostMatrix,
    { positiveOwners, negativeOwners }: HostTargets<"tuple">,
  ): { readonly positives: number[][]; readonly negatives: number[][] } {
    const { data, rows, size } = embeddings;
    const owners = [...positiveOwners, ...negativeOwners];
    const first = rows - owners.length;
    const anchors = new Float32Array(owners.length * size);
    owners.forEach((owner, at) => anchors.set(data.subarray(owner * size, (owner + 1) * size), at * size));
    const others = { data: data.subarray(first * size), rows: owners.length, size };
    const distances = pairDistances(this.#distance, { data: anchors, rows: owners.length, size }, others);
    const positives = Array.from({ length: first }, (): number[] => []);
    const negatives = Array.from({ length: first }, (): number[] => []);
    owners.forEach((owner, at) => (at < positiveOwners.length ? positives : negatives)[owner]!.push(distances[at]!));
    return { positives, negatives };
  }
}
