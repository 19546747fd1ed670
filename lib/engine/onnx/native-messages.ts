import type { RandomState } from "../../random.js";
import type { HostTensor, HostTensors } from "../../tensor/host.js";
import type { UpdatePlan } from "../update/update-loops.js";
import type { OnnxData, OnnxType } from "./model.js";
import type { NativeData } from "./session.js";

/** Where a graph takes an input from. */
export type InputSource =
  /** A carried tensor. */
  | { readonly from: "carried"; readonly carried: string }
  /** A part of the buffer that comes with a run. */
  | { readonly from: "buffer"; readonly offset: number }
  /** Random numbers, drawn in the order of the inputs. */
  | { readonly from: "noise" }
  /** The plan itself. */
  | { readonly from: "constant"; readonly data: OnnxData };

export interface PlannedInput {
  /** Name in the ONNX file; null when the graph does not read it. */
  readonly name: string | null;
  readonly source: InputSource;
  readonly type: OnnxType;
  readonly shape: readonly number[];
}

/** What becomes of an output. */
export type OutputTarget =
  | { readonly to: "report" }
  /** It replaces a carried tensor. */
  | { readonly to: "carried"; readonly carried: string }
  /** The update reads it, under this number. */
  | { readonly to: "update"; readonly cut: number };

export interface PlannedOutput {
  readonly name: string;
  readonly target: OutputTarget;
}

/** What a graph reads and writes; everything is listed in the order of the graph. */
export interface GraphPlan {
  readonly inputs: readonly PlannedInput[];
  readonly outputs: readonly PlannedOutput[];
  /** What follows the graph when its results are accepted. */
  readonly update: UpdatePlan | null;
}

/** What runs the graphs of a session. */
export interface NativeSettings {
  readonly threads: number;
  /** Execution provider of the runtime. */
  readonly provider: string;
}

/** What a native session is asked to do. `session` and `graph` are numbers given by the asker. */
export type NativeTask =
  | ({ readonly type: "open"; readonly session: number; readonly carried: HostTensors } & NativeSettings)
  /** Whether a provider can run anything here; it fails with what the runtime says. */
  | { readonly type: "probe"; readonly provider: string }
  | { readonly type: "close"; readonly session: number }
  | {
      readonly type: "load";
      readonly session: number;
      readonly graph: number;
      /** An ONNX file, or the number of a loaded graph that has the same. */
      readonly code: Uint8Array | number;
      readonly plan: GraphPlan;
    }
  | { readonly type: "unload"; readonly session: number; readonly graph: number }
  | {
      readonly type: "run";
      readonly session: number;
      readonly graph: number;
      /** Batch inputs; comes back with the answer. */
      readonly buffer: ArrayBuffer;
      readonly random: RandomState | null;
      /** Arrays of earlier answers to write reported outputs into, in the order of the plan; null = a new one. */
      readonly reports: readonly (HostTensor | null)[];
      /** Outputs that must be finite for the run to count, by place in the plan. */
      readonly finite: readonly number[];
      /** Whether it counts as soon as they are; otherwise `settle` says so too. */
      readonly settles: boolean;
    }
  /** Whether the tensors that the last run left become the carried ones, if what had to be finite is. */
  | { readonly type: "settle"; readonly session: number; readonly accepted: boolean }
  | { readonly type: "read"; readonly session: number; readonly names: readonly string[] }
  | { readonly type: "write"; readonly session: number; readonly values: HostTensors };

/** What a run gives back. */
export interface NativeRun {
  /** Reported outputs in the order of the plan. */
  readonly reported: readonly NativeData[];
  readonly buffer: ArrayBuffer;
  /** Where the random stream stands now. */
  readonly random: RandomState | null;
  /** Time in native code. */
  readonly milliseconds: number;
}

export interface NativeAnswers {
  readonly open: null;
  readonly probe: null;
  readonly close: null;
  readonly load: null;
  readonly unload: null;
  readonly run: NativeRun;
  readonly settle: null;
  readonly read: readonly HostTensor[];
  readonly write: null;
}

export type AnswerTo<Task extends NativeTask> = NativeAnswers[Task["type"]];

/** A task on its way to the worker; without an id nobody waits for an answer. */
export interface NativeRequest {
  readonly id: number | null;
  readonly task: NativeTask;
}

/** What comes back for it. */
export type NativeReply =
  | { readonly id: number; readonly answer: NativeAnswers[keyof NativeAnswers] }
  | { readonly id: number; readonly problem: string };

/** The first message of a worker: the version of the runtime and what it can run on, or why it does not load. */
export type NativeGreeting =
  { readonly version: string; readonly providers: readonly string[] } | { readonly missing: string };
