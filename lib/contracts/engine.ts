import type { Random } from "../random.js";
import type { Json } from "../json.js";
import type { HostTensors } from "../tensor/host.js";
import type { Tensors } from "../tensor/tree.js";
import type { Noise } from "./part.js";

/** What a program leaves: the carried tensors it changed (others stay), and what it reports to the host. */
export interface ProgramResult {
  readonly carried?: Tensors;
  readonly reported: Tensors;
  /** Reported too, by other names, when only the order matters: an engine may report any numbers that grow with these. */
  readonly ordered?: Tensors;
}

/**
 * A pure, traceable function of tensors: no `dataSync`, no branch on a tensor's value, no shape that depends on one. Inputs are
 * borrowed; an engine may run it any number of times, or only once under a recording backend.
 */
export type Program = (carried: Tensors, inputs: Tensors, noise: Noise) => ProgramResult;

/** Runs programs. Everything that crosses this contract is host data; tensors never leave an engine. */
export interface Engine extends AsyncDisposable {
  readonly name: "eager" | "compiled";
  /** For people: "eager on wasm (SIMD, 1 thread)". */
  readonly description: string;
  /**
   * Loads programs that share carried tensors (parameters, optimizer slots). `warn` is told, during later runs, what the user should
   * know, such as why a program runs slower than it might; without it, `process.emitWarning` is.
   */
  start(
    programs: Readonly<Record<string, Program>>,
    carried: HostTensors,
    warn?: (message: string) => void,
  ): Promise<Session>;
}

/**
 * Whether what a run has made of carried tensors is taken over: asked of what it reports, or names of reported tensors whose numbers must
 * all be finite. Names are faster: an engine that computes elsewhere goes on without waiting for an answer.
 */
export type Acceptance = ((reported: HostTensors) => boolean) | readonly string[];

/** Programs with their carried tensors. One run at a time. */
export interface Session extends AsyncDisposable {
  /**
   * `noise` decides all random numbers of this run. When what is reported is not accepted, carried tensors stay as they were (a step
   * whose loss is not finite). By default it is.
   */
  run(program: string, inputs: HostTensors, noise?: Random, accept?: Acceptance): Promise<HostTensors>;
  /**
   * Says which run will most likely be asked for next, so that an engine that computes elsewhere starts on it meanwhile, from the
   * carried tensors as the run under way leaves them. Nothing shows of it, and carried tensors stay as they are, until `run` is called
   * with the same program and the same inputs (the same object, and noise in the same state); any other run drops it.
   */
  ahead?(program: string, inputs: HostTensors, noise?: Random, accept?: Acceptance): void;
  /**
   * What later numbers depend on, to the last bit, besides carried tensors and inputs: which sizes an engine has code of their own for, say.
   * To be saved with the carried tensors.
   */
  readonly history?: Json;
  /** Takes up the history of a session of the same programs, before anything is run. */
  restore?(history: Json): Promise<void>;
  /**
   * Says that code has run that what programs do may depend on (callbacks between epochs), so that an engine that runs a record of them looks
   * whether they still do the same.
   */
  review?(): void;
  /**
   * Gives back what a run has reported, or some of it, when nobody will look at it again: later runs may write into its arrays, so that
   * large ones are not allocated each time.
   */
  recycle?(reported: HostTensors): void;
  /** Copies of carried tensors, all of them or those whose name `matches`. */
  read(matches?: (name: string) => boolean): Promise<HostTensors>;
  /** Replaces carried tensors of the same names and shapes. */
  write(values: HostTensors): Promise<void>;
}
