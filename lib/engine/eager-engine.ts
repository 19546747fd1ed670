import type { Engine, Program, Session } from "../contracts/engine.js";
import { UsageError } from "../errors.js";
import { prepareBackend, type BackendName } from "../tensor/backend.js";
import type { HostTensors } from "../tensor/host.js";
import { EagerSession } from "./eager-session.js";

/** Runs programs operation by operation on a tfjs backend. */
export class EagerEngine implements Engine {
  readonly name = "eager";
  readonly description: string;
  readonly #sessions = new Set<EagerSession>();
  #closed = false;

  private constructor(backend: string) {
    this.description = `eager on ${backend}`;
  }

  /**
   * @param backend default: what `prepareBackend` chooses.
   * @throws EngineError when the backend does not load.
   */
  static async open(backend?: BackendName): Promise<EagerEngine> {
    return new EagerEngine(await prepareBackend(backend));
  }

  async start(programs: Readonly<Record<string, Program>>, carried: HostTensors): Promise<Session> {
    if (this.#closed) throw new UsageError("this engine is closed; open another");
    const session = new EagerSession(programs, carried, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return Promise.resolve(session);
  }

  /** Closes every session that is still open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#sessions].map((session) => session[Symbol.asyncDispose]()));
  }
}
