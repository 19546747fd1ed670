import type { Kind } from "../contracts/samples.js";
import { refuse } from "../contracts/options.js";
import { UsageError } from "../errors.js";
import type { Json } from "../json.js";
import type { Assembled } from "../model/assemble.js";
import { show } from "../show.js";
import type { Callback, CallbackContext, Hook, RunFacts } from "./callback.js";
import type { Scalars } from "./events.js";
import { logInto, type ScalarLog } from "./log.js";
import { latestEpoch, type LoopState } from "./loop-state.js";
import type { Direction } from "./monitor.js";

/** What callbacks may read while a model is trained. */
export type Readers = Pick<CallbackContext, "parameters" | "model">;

/** Calls the hooks of all callbacks in turn and remembers what they ask for. */
export class CallbackRunner {
  readonly #callbacks: readonly Callback[];
  readonly #loop: LoopState;
  readonly #readers: Readers;
  readonly #facts: RunFacts;
  /** Where `log` goes now; stages replace it. */
  log: ScalarLog;
  /** The epoch under way, from 0; the one that has ended until the next begins. What is logged in between is of it. */
  epoch: number;
  /** Latest value of everything logged. */
  metrics: Scalars = {};
  /** The sentence of a callback that ended the run. */
  stopRequest: string | null = null;

  constructor(callbacks: readonly Callback[], loop: LoopState, log: ScalarLog, facts: RunFacts, readers: Readers) {
    this.#callbacks = callbacks;
    this.#loop = loop;
    this.log = log;
    this.epoch = latestEpoch(loop);
    this.#facts = facts;
    this.#readers = readers;
  }

  /** Awaits the hook of each callback, in order. */
  async call<Name extends Hook>(hook: Name, ...rest: HookRest<Name>): Promise<void> {
    for (const callback of this.#callbacks) {
      const method = callback[hook] as
        ((context: CallbackContext, ...rest: unknown[]) => void | Promise<void>) | undefined;
      if (method !== undefined)
        await logInto(this.log, () => method.call(callback, this.#contextFor(callback), ...rest));
    }
  }

  /** States of the callbacks that have one, by name. */
  states(): Readonly<Record<string, Json>> {
    const entries = this.#callbacks.flatMap((callback) =>
      callback.state === undefined ? [] : [[nameOf(callback), callback.state()] as const],
    );
    return Object.fromEntries(entries);
  }

  restore(states: Readonly<Record<string, Json>>): void {
    for (const callback of this.#callbacks) {
      if (callback.restore === undefined) continue;
      const state = states[nameOf(callback)];
      if (state !== undefined) callback.restore(state);
    }
  }

  #contextFor(callback: Callback): CallbackContext {
    const reading = <T>(read: () => Promise<T>): Promise<T> => {
      if (callback.readsParameters === true) return read();
      throw new UsageError(
        `callback ${callback.name ?? "(unnamed)"} reads parameters; declare it: readsParameters = true`,
      );
    };
    return {
      epoch: this.epoch,
      step: this.#loop.step,
      batch: this.#loop.batch - 1,
      metrics: this.metrics,
      run: this.#facts,
      log: (name, value, options) => this.log.write(name, value, options),
      stop: (message) => {
        this.stopRequest ??= message;
      },
      parameters: () => reading(() => this.#readers.parameters()),
      model: () => reading(() => this.#readers.model()),
    };
  }
}

/** What callbacks may know of what was assembled. */
export function factsOf<K extends Kind>({
  loss,
  vocabulary,
}: Pick<Assembled<K, never>, "loss" | "vocabulary">): RunFacts {
  return {
    distance: loss.distance,
    trainGroups: vocabulary.size,
    labelOf: (group) => vocabulary.labelOf(group),
  };
}

/** Which way the numbers that callbacks log get better. */
export function directionsOf(callbacks: readonly Callback[]): Readonly<Record<string, Direction>> {
  return Object.assign({}, ...callbacks.map(({ directions }) => directions)) as Readonly<Record<string, Direction>>;
}

type HookRest<Name extends Hook> = Required<Callback>[Name] extends (
  context: CallbackContext,
  ...rest: infer Rest
) => unknown
  ? Rest
  : never;

/** @throws UsageError when two callbacks with state have one name, or one has none. */
export function checkCallbacks(callbacks: readonly Callback[]): void {
  const wrong = (callbacks as readonly unknown[]).findIndex((each) => typeof each !== "object" || each === null);
  refuse("Trainer", [
    wrong < 0 ? null : `callbacks: number ${wrong} is ${show(callbacks[wrong])}, expected an object with hooks`,
  ]);
  const seen = new Set<string>();
  for (const callback of callbacks) {
    if (callback.state === undefined) continue;
    const name = nameOf(callback);
    if (seen.has(name))
      throw new UsageError(`two callbacks with state are called "${name}"; give each a name of its own`);
    seen.add(name);
  }
}

function nameOf(callback: Callback): string {
  const name = callback.name ?? callback.constructor.name;
  if (name === "Object") throw new UsageError('a callback with state needs a name: { name: "…", state() { … } }');
  return name;
}
