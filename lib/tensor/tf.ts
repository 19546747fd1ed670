/**
 * The one tfjs instance that everything here and every custom part must use: `import * as tf from "likewise/tf"`.
 * Importing it chooses no backend; an engine does that when a model is assembled. Before, `tf.tensor` and even `tf.memory()` stop with
 * "No backend found in registry.". `layers` is `@tensorflow/tfjs-layers`, whose
 * import also registers the gradients that tfjs-core alone lacks in Node.
 *
 * @module likewise/tf
 */
import "./chained-operations.js";

export * from "@tensorflow/tfjs-core";
export * as layers from "@tensorflow/tfjs-layers";
