import { ConfigError, EngineError, FileFormatError } from "../errors.js";
import * as tf from "./tf.js";

/** A TensorFlow.js model as it is stored. */
export interface NetworkContent {
  readonly kind: "layers" | "graph";
  readonly topology: object;
  readonly specs: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly dtype: "float32" | "int32" | "bool";
    readonly quantization?: { readonly dtype: "uint8" | "uint16" | "float16" };
  }[];
  readonly bytes: Uint8Array;
}

/** A model with its numbers on the tfjs backend. */
export interface Network extends Disposable {
  /** Without the batch; null where the model does not say. */
  readonly inputShape: readonly (number | null)[] | null;
  /** `[n, …] -> [n, size]`, or what else the output is. */
  run(input: tf.Tensor): tf.Tensor;
}

/**
 * Opens a model on the tfjs backend in use; the caller disposes it.
 * @param output name of a node or layer, or position of a layer; null: the model's own output.
 * @throws EngineError when a graph model needs @tensorflow/tfjs-converter; FileFormatError for a model that cannot be opened.
 */
export async function openNetwork(
  content: NetworkContent,
  output: string | number | null,
  who: string,
): Promise<Network> {
  const { kind, topology, specs, bytes } = content;
  const handler = {
    load: async (): Promise<tf.io.ModelArtifacts> => ({
      modelTopology: structuredClone(topology),
      weightSpecs: structuredClone(specs) as unknown as tf.io.WeightsManifestEntry[],
      weightData: bytes.slice().buffer,
    }),
  };
  try {
    return kind === "graph" ? await openGraph(handler, output, who) : await openLayers(handler, output, who);
  } catch (cause) {
    if (cause instanceof EngineError || cause instanceof ConfigError) throw cause;
    throw new FileFormatError(who, `the model cannot be opened: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function openLayers(handler: tf.io.IOHandler, output: string | number | null, who: string): Promise<Network> {
  const whole = await tf.layers.loadLayersModel(handler);
  const free = (): void => {
    for (const variable of whole.weights) variable.dispose();
  };
  try {
    const model = output === null ? whole : upTo(whole, output, who);
    const shape = model.inputs[0]?.shape;
    return {
      inputShape: shape?.slice(1) ?? null,
      run: (input) => model.predict(input) as tf.Tensor,
      [Symbol.dispose]: free,
    };
  } catch (error) {
    free();
    throw error;
  }
}

function upTo(whole: tf.layers.LayersModel, output: string | number, who: string): tf.layers.LayersModel {
  const layer = typeof output === "number" ? whole.layers.at(output) : whole.layers.find(({ name }) => name === output);
  if (layer === undefined) {
    const names = whole.layers.map(({ name }) => name).join(", ");
    throw new ConfigError(who, [`output: expected one of the layers ${names}, or a position, got ${output}`]);
  }
  return tf.layers.model({ inputs: whole.inputs, outputs: layer.output as tf.layers.SymbolicTensor });
}

async function openGraph(handler: tf.io.IOHandler, output: string | number | null, who: string): Promise<Network> {
  if (typeof output === "number") throw new ConfigError(who, ["output: a node of a graph model has a name"]);
  const { loadGraphModel } = await converter();
  const model = await loadGraphModel(handler);
  const names = [...model.outputs, ...model.inputs].map(({ name }) => name);
  const shape = model.inputs[0]?.shape;
  return {
    inputShape: shape === undefined ? null : shape.slice(1).map((length) => (length > 0 ? length : null)),
    run: (input) => {
      try {
        const result = output === null ? model.execute(input) : model.execute(input, output);
        return (Array.isArray(result) ? result[0] : result) as tf.Tensor;
      } catch (cause) {
        throw new FileFormatError(
          who,
          `the model cannot be run (it has ${names.join(", ")}): ${(cause as Error).message}`,
          { cause },
        );
      }
    },
    [Symbol.dispose]: () => model.dispose(),
  };
}

async function converter(): Promise<typeof import("@tensorflow/tfjs-converter")> {
  try {
    return await import("@tensorflow/tfjs-converter");
  } catch (cause) {
    throw new EngineError(
      "graph models need the package @tensorflow/tfjs-converter: npm install @tensorflow/tfjs-converter@4.22.0",
      { cause },
    );
  }
}
