import { EngineError } from "../errors.js";

/** tfjs backends that tensors can live on, fastest first; webgpu is used only when it is asked for. */
export const BACKENDS = ["tfjs-node-gpu", "tfjs-node", "wasm", "cpu", "webgpu"] as const;
export type BackendName = (typeof BACKENDS)[number];

/** What a user can ask for with the environment variable `LIKEWISE_ENGINE`. */
export interface EngineVariable {
  readonly engine: "auto" | "eager" | "compiled";
  /** Null: the fastest that loads. */
  readonly backend: BackendName | null;
}

/**
 * Reads `LIKEWISE_ENGINE`: `auto`, `eager` and `compiled` name an engine; a backend's name means the eager engine on that backend.
 *
 * @throws EngineError for any other value.
 */
export function readEngineVariable(value: string | undefined = process.env["LIKEWISE_ENGINE"]): EngineVariable {
  switch (value) {
    case undefined:
    case "":
      return { engine: "auto", backend: null };
    case "auto":
    case "eager":
    case "compiled":
      return { engine: value, backend: null };
    default: {
      const backend = BACKENDS.find((name) => name === value);
      if (backend !== undefined) return { engine: "eager", backend };
      throw new EngineError(`LIKEWISE_ENGINE is "${value}"; expected auto, eager, compiled, ${BACKENDS.join(", ")}`);
    }
  }
}
