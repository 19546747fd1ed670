import * as tf from "likewise/tf";
import type { Program } from "../../lib/contracts/engine.js";
import { runNode } from "../../lib/engine/trace/evaluate.js";
import type { Graph, GraphNode, GraphValue } from "../../lib/engine/trace/graph.js";
import { Random } from "../../lib/random.js";
import { downloadSync, upload, type HostTensor, type HostTensors } from "../../lib/tensor/host.js";
import { countedByLoops, semiHardByLoops, type PairsInLoops } from "./triplet-loops.js";
import { mapEntries, prefixed } from "../../lib/tensor/tree.js";

/**
 * Runs a graph node by node with tfjs' own kernels on the active backend: what a compiled step must compute. Checks on the way that
 * every tensor has the type and shape the graph says. Noise that is not given is drawn as `uniforms` draws it.
 */
export function interpret(graph: Graph, given: HostTensors): HostTensors {
  const found: Record<string, HostTensor> = {};
  tf.tidy(() => {
    const tensors = new Map<number, tf.Tensor>();
    const put = (value: GraphValue, tensor: tf.Tensor, what: string): void => {
      if (tensor.dtype !== value.dtype || tensor.shape.join() !== value.shape.join()) {
        throw new Error(
          `${what}: the graph says ${value.dtype} [${value.shape.join()}], tfjs gives ${tensor.dtype} [${tensor.shape.join()}]`,
        );
      }
      if (tensors.has(value.id)) throw new Error(`${what}: value ${value.id} is made twice`);
      tensors.set(value.id, tensor);
    };
    const take = (value: GraphValue, what: string): tf.Tensor => {
      const tensor = tensors.get(value.id);
      if (tensor === undefined) throw new Error(`${what} reads value ${value.id} before it is made`);
      return tensor;
    };
    for (const [name, value] of graph.inputs) {
      const numbers = given[name] ?? (name.startsWith("noise/") ? uniforms(name, value.shape) : undefined);
      if (numbers === undefined) throw new Error(`input ${name} is not given`);
      put(value, upload(numbers), name);
    }
    for (const { value, data } of graph.constants)
      put(value, tf.tensor(data, [...value.shape], value.dtype), "constant");
    for (const node of graph.nodes) {
      const inputs = node.inputs.map((value) => take(value, describe(node)));
      const made = run(node, inputs);
      node.outputs.forEach((value, at) => put(value, made[at] as tf.Tensor, describe(node)));
    }
    for (const [name, value] of graph.outputs) found[name] = downloadSync(take(value, name));
  });
  return found;
}

/** What a program gives when it runs directly, named as the outputs of its graph; carried tensors it returns as they were are left out. */
export function runDirectly(program: Program, carried: HostTensors, inputs: HostTensors): HostTensors {
  const found: Record<string, HostTensor> = {};
  tf.tidy(() => {
    let drawn = 0;
    const given = mapEntries(carried, upload);
    const result = program(given, mapEntries(inputs, upload), {
      uniform: (shape) => upload(uniforms(`noise/${(drawn += 1) - 1}`, shape)),
    });
    for (const [name, tensor] of Object.entries(result.carried ?? {})) {
      if (tensor !== given[name]) found[`carried/${name}`] = downloadSync(tensor);
    }
    for (const [name, tensor] of Object.entries(result.reported)) found[`reported/${name}`] = downloadSync(tensor);
  });
  return found;
}

/** Carried tensors and inputs of a program under the names its graph has. */
export function graphInputs(carried: HostTensors, inputs: HostTensors): HostTensors {
  return { ...prefixed("carried", carried), ...prefixed("input", inputs) };
}

/** Numbers in [0, 1) that the name decides. */
export function uniforms(name: string, shape: readonly number[]): HostTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return { data: new Random(name).uniforms(size), shape };
}

function run(node: GraphNode, inputs: readonly tf.Tensor[]): readonly tf.Tensor[] {
  const wide = inputs.map((input) => () => tf.broadcastTo(input, [...(node.outputs[0]?.shape ?? [])]));
  switch (node.kernel) {
    case "BroadcastTo": // has no kernel on some backends
      return wide.map((broadcast) => broadcast());
    case "Select": // broadcasts in a graph; tfjs broadcasts before its kernel
      return runNode(
        node,
        wide.map((broadcast) => broadcast()),
      );
    case "_FusedMatMul": {
      // tfjs has matrices of three dimensions here, a graph also of two, and adds rows alone, without signs.
      const [a, b, addend, ...rest] = inputs.map((input, at) =>
        at < 2 && input.rank === 2 ? tf.expandDims(input) : input,
      ) as [tf.Tensor, tf.Tensor, tf.Tensor?];
      const { alpha = 1, beta = 1 } = node.attributes as { readonly alpha?: number; readonly beta?: number };
      if (addend?.rank === 2) {
        const { transposeA, transposeB } = node.attributes as { transposeA: boolean; transposeB: boolean };
        const product = tf.matMul(inputs[0] as tf.Tensor2D, inputs[1] as tf.Tensor2D, transposeA, transposeB);
        return [tf.add(tf.mul(product, alpha), tf.mul(addend, beta))];
      }
      const made = runNode(node, [a, b, ...(addend === undefined ? [] : [addend]), ...rest]);
      return made.map((tensor) => tf.reshape(tensor, [...(node.outputs[0]?.shape ?? [])]));
    }
    case "HardestRows": {
      // Only compiled steps have it.
      const [rows, columns, groups, labels, counted] = inputs as [...[tf.Tensor2D, tf.Tensor2D], ...tf.Tensor1D[]];
      const same = tf.cast(tf.equal(tf.expandDims(groups as tf.Tensor1D, 1), labels as tf.Tensor1D), "float32");
      const apart = tf.add(
        tf.div(tf.matMul(rows, columns, false, true), -6),
        tf.sub(same, tf.div(counted as tf.Tensor, 2)),
      );
      const beyond = (most: tf.Tensor): tf.Tensor => tf.sub(1, tf.step(tf.sub(1 / 4, most)));
      const places = [tf.argMax(apart, 1), tf.argMin(apart, 1)];
      return [...places, beyond(tf.max(apart, 1)), beyond(tf.neg(tf.min(apart, 1)))];
    }
    case "TripletCounts":
      return [fromLoops(inputs, countedByLoops)];
    case "SemiHardNegatives":
      return [fromLoops(inputs, semiHardByLoops)];
    case "LogSoftmax": // is no kernel of tfjs
      return inputs.map((input) => tf.logSoftmax(input));
    default:
      return runNode(node, inputs);
  }
}

/** What loops make of the numbers of a kernel's matrices. */
function fromLoops(inputs: readonly tf.Tensor[], loops: (pairs: PairsInLoops) => Float32Array): tf.Tensor {
  const [bounds, distances, positives, negatives] = inputs.map((matrix) => matrix.dataSync() as Float32Array) as [
    ...[Float32Array, Float32Array, Float32Array, Float32Array],
  ];
  const [n, m] = (inputs[0] as tf.Tensor2D).shape;
  return tf.tensor2d(loops({ n, m, bounds, distances, positives, negatives }), [n, m]);
}

function describe({ kernel, inputs }: GraphNode): string {
  return `${kernel} (${inputs.map(({ dtype, shape }) => `${dtype} [${shape.join()}]`).join(", ")})`;
}
