import type { SavedPart } from "../../contracts/part.js";
import type { BackendName } from "../../tensor/backend.js";
import type { HostTensors } from "../../tensor/host.js";
import type { PackedItems } from "./packed-items.js";

/** What a worker is started with. */
export interface WorkerStart {
  readonly encoders: readonly {
    /** In the model. */
    readonly name: string;
    readonly saved: SavedPart;
    readonly weights: HostTensors;
  }[];
  /** What tensors live on in the thread that asks, so that vectors are the same; null: nothing yet. */
  readonly backend: BackendName | null;
  /** URL of the module with the user's classes. */
  readonly modelModule: string | null;
}

/** The first message of a worker: what became of each encoder. */
export type WorkerGreeting = readonly (
  { readonly name: string; readonly fingerprint: string } | { readonly name: string; readonly problem: string }
)[];

/** A batch for a worker. */
export interface EmbedRequest {
  readonly id: number;
  readonly encoder: string;
  readonly items: PackedItems;
}

/** What a worker answers. */
export type EmbedReply =
  { readonly id: number; readonly vectors: Float32Array } | { readonly id: number; readonly failure: Failure };

/** An error, which would not come through as what it is. */
export interface Failure {
  readonly message: string;
  readonly stack: string;
  /** Of an error of this library. */
  readonly code: string | null;
}
