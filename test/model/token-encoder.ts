import { FrozenEncoder, type JsonObject, type OnnxSourceGraph } from "likewise";
import * as tf from "likewise/tf";
import { encodeModel } from "../../lib/engine/onnx/model.js";
import { Random } from "../../lib/random.js";

/** Means of rows of a table, which an ONNX graph looks up: as sentence encoders do it. */
export class TokenEncoder extends FrozenEncoder<readonly number[]> {
  static readonly type = "TokenEncoder";
  readonly embeddingSize = 4;
  readonly #table = new Random("table").normals(40);
  bytes = encodeModel({
    name: "tokens",
    nodes: [
      // Named as the head's operations are.
      { operator: "Gather", domain: "", inputs: ["Gemm_1", "input_ids"], outputs: ["hidden"], attributes: {} },
    ],
    initializers: [{ name: "Gemm_1", type: "float32", shape: [10, 4], data: this.#table }],
    inputs: [
      { name: "input_ids", type: "int64", shape: ["n", "tokens"] },
      { name: "attention_mask", type: "int64", shape: ["n", "tokens"] },
    ],
    outputs: [{ name: "hidden", type: "float32", shape: ["n", "tokens", 4] }],
    metadata: {},
  });
  get config(): JsonObject {
    return {};
  }
  embed(items: readonly (readonly number[])[]): Promise<Float32Array> {
    const mean = (ids: readonly number[], column: number) =>
      ids.reduce((sum, id) => sum + (this.#table[id * 4 + column] as number), 0) / ids.length;
    return Promise.resolve(Float32Array.from(items.flatMap((ids) => [0, 1, 2, 3].map((column) => mean(ids, column)))));
  }
  fingerprint(): string {
    return "tokens";
  }
  onnxGraph(): Promise<OnnxSourceGraph> {
    return Promise.resolve({
      bytes: this.bytes,
      reads: {
        hidden: { dtype: "float32", shape: ["batch", "tokens", 4] },
        attention_mask: { dtype: "float32", shape: ["batch", "tokens"] },
      },
      vectors({ hidden, attention_mask }) {
        const mask = tf.expandDims(attention_mask as tf.Tensor2D, 2);
        return tf.div(tf.sum(tf.mul(hidden as tf.Tensor3D, mask), 1), tf.sum(mask, 1));
      },
    });
  }
}
