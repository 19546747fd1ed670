import type * as core from "../../tensor/tf.js";
import * as tf from "../../tensor/tf.js";

/** Parts of the tfjs engine that `tf.setBackend` sets. */
interface Active {
  backendName: string;
  backendInstance: core.KernelBackend | null;
}

/**
 * Runs `work` while `backend` is the active one, at once: `tf.setBackend` would set every kernel of the old backend up again
 * afterwards, and has no way back to having none.
 */
export function whileActive<T>(name: string, backend: core.KernelBackend, work: () => T): T {
  const engine = tf.engine() as unknown as Active;
  const { backendName, backendInstance } = engine;
  engine.backendName = name;
  engine.backendInstance = backend;
  try {
    return work();
  } finally {
    engine.backendName = backendName;
    engine.backendInstance = backendInstance;
  }
}
