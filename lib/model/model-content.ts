import type { Distance } from "../contracts/distance.js";
import type { SavedPart } from "../contracts/part.js";
import type { Group } from "../contracts/samples.js";
import { Cosine } from "../distances/index.js";
import type { HostTensors } from "../tensor/host.js";
import type { Network } from "./forward.js";
import type { TrainingRecord } from "./training-record.js";

/** Everything a `SimilarityModel` is made of. */
export interface ModelContent<Item> extends Network<Item> {
  /** `parameters/…` and `state/…`, without those of the loss. */
  readonly carried: HostTensors;
  /** The distance the model was trained for. */
  readonly distance: Distance;
  /**
   * The loss it was trained with, what that had learned, and the groups in their order: for training that goes on from it. A saved model
   * does not have it.
   */
  readonly loss?: { readonly part: SavedPart; readonly groups: readonly Group[]; readonly carried: HostTensors };
  /** How it was trained, for the card beside a saved model; null or absent when that is not known. */
  readonly training?: TrainingRecord | null;
}

/** The distance of a model whose loss has none. */
export const defaultDistance: Distance = new Cosine();
