import type { Distance } from "../contracts/distance.js";
import { Cosine } from "../distances/index.js";
import type { HostTensors } from "../tensor/host.js";
import type { Network } from "./forward.js";

/** Everything a `SimilarityModel` is made of. */
export interface ModelContent<Item> extends Network<Item> {
  /** `parameters/…` and `state/…`, without those of the loss. */
  readonly carried: HostTensors;
  /** The distance the model was trained for. */
  readonly distance: Distance;
}

/** The distance of a model whose loss has none. */
export const defaultDistance: Distance = new Cosine();
