import type { InferenceSession, Tensor } from "onnxruntime-node";
import { DataError, EngineError, FileFormatError } from "../lib/errors.js";
import { withoutTelemetry } from "../lib/telemetry.js";

/** One input or output of an ONNX graph. */
export interface OnnxValue {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** An ONNX graph that onnxruntime-node runs; opened when it is first needed. */
export class OnnxGraph {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #opened: Promise<InferenceSession> | null = null;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  async inputs(): Promise<readonly OnnxValue[]> {
    return (await this.#session()).inputMetadata.map(describe);
  }

  async outputs(): Promise<readonly OnnxValue[]> {
    return (await this.#session()).outputMetadata.map(describe);
  }

  /** @throws DataError when the graph does not accept the inputs. */
  async run(
    inputs: Readonly<
      Record<string, { readonly data: Float32Array | BigInt64Array | Int32Array; readonly shape: readonly number[] }>
    >,
    output: string,
  ): Promise<{ readonly data: Float32Array; readonly shape: readonly number[] }> {
    const session = await this.#session();
    const { Tensor: Made } = await runtime();
    const feeds: Record<string, Tensor> = {};
    for (const [name, { data, shape }] of Object.entries(inputs)) {
      feeds[name] = new Made(typeOf(data), data as Float32Array, [...shape]);
    }
    try {
      const result = (await session.run(feeds, [output]))[output] as Tensor;
      const found = { data: (result.data as Float32Array).slice(), shape: [...result.dims] };
      result.dispose();
      return found;
    } catch (cause) {
      throw new DataError(
        `${this.#what}: the graph refused its inputs: ${(cause as Error).message}`,
        undefined,
        undefined,
        {
          cause,
        },
      );
    }
  }

  #session(): Promise<InferenceSession> {
    this.#opened ??= open(this.#bytes, this.#what);
    return this.#opened;
  }
}

async function open(bytes: Uint8Array, what: string): Promise<InferenceSession> {
  const { InferenceSession: Sessions } = await runtime();
  try {
    return await Sessions.create(bytes, { logSeverityLevel: 3 });
  } catch (cause) {
    throw new FileFormatError(
      what,
      `onnxruntime-node cannot open it (numbers in a second file are not supported): ${(cause as Error).message}`,
    );
  }
}

async function runtime(): Promise<typeof import("onnxruntime-node")> {
  withoutTelemetry();
  try {
    return await import("onnxruntime-node");
  } catch (cause) {
    throw new EngineError("ONNX models need the package onnxruntime-node: npm install onnxruntime-node", { cause });
  }
}

function typeOf(data: Float32Array | BigInt64Array | Int32Array): "float32" {
  const type = data instanceof Float32Array ? "float32" : data instanceof Int32Array ? "int32" : "int64";
  return type as "float32";
}

function describe(value: InferenceSession.ValueMetadata): OnnxValue {
  if (!value.isTensor) return { name: value.name, type: "not a tensor", shape: [] };
  return { name: value.name, type: value.type, shape: value.shape };
}
