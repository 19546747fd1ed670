import * as tf from "../../../tensor/tf.js";
import type { GraphValue } from "../graph.js";
import { numbersOf, recordKernel, type KernelCall } from "../kernel.js";

const first = ({ list }: KernelCall): GraphValue => list[0] as GraphValue;

/** Kernels that resize images or move blocks of them; images are NHWC. */
export function recordImages(): void {
  for (const kernel of ["ResizeNearestNeighbor", "ResizeBilinear"]) {
    recordKernel(kernel, ["images"], (call) => {
      const [rows = 0, , , channels = 0] = first(call).shape;
      return ["float32", [rows, ...numbersOf(call, "size"), channels]];
    });
    recordKernel(`${kernel}Grad`, ["images", "dy"], (call) => ["float32", first(call).shape]);
  }
  recordKernel("FlipLeftRight", ["image"], (call) => [first(call).dtype, first(call).shape]);
  recordKernel("DepthToSpace", ["x"], (call) => {
    const [rows = 0, height = 0, width = 0, channels = 0] = first(call).shape;
    const block = call.attributes["blockSize"] as number;
    return [first(call).dtype, [rows, height * block, width * block, channels / (block * block)]];
  });
  recordKernel("SpaceToBatchND", ["x"], (call) => {
    const block = numbersOf(call, "blockShape");
    const [rows = 0, ...rest] = first(call).shape;
    const paddings = call.attributes["paddings"] as readonly (readonly [number, number])[];
    const blocks = rest.map(
      (length, at) => (length + (paddings[at]?.[0] ?? 0) + (paddings[at]?.[1] ?? 0)) / (block[at] ?? 1),
    );
    return [first(call).dtype, [rows * tf.util.sizeFromShape([...block]), ...blocks]];
  });
  recordKernel("BatchToSpaceND", ["x"], (call) => {
    const block = numbersOf(call, "blockShape");
    const [rows = 0, ...rest] = first(call).shape;
    const crops = call.attributes["crops"] as readonly (readonly [number, number])[];
    const whole = rest.map((length, at) => length * (block[at] ?? 1) - (crops[at]?.[0] ?? 0) - (crops[at]?.[1] ?? 0));
    return [first(call).dtype, [rows / tf.util.sizeFromShape([...block]), ...whole]];
  });
  recordKernel("Diag", ["x"], (call) => [first(call).dtype, [...first(call).shape, ...first(call).shape]]);
}
