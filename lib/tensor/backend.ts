import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import * as tf from "./tf.js";

/** Makes a tfjs backend ready. */
export async function prepareBackend(): Promise<void> {
  await tf.setBackend("wasm");
  await tf.ready();
}
