import { input, optionalInput, shapeOf, numberOf, type Lowerings } from "../lowering.js";
import { binary, expand, reshape, sizeOf, unary } from "../operations.js";
import type { Operand } from "../builder.js";
import { addRows } from "./scatter.js";
import { channelsLast, channelsSecond, poolingWindow, windowSettings } from "./image.js";

const NORMALIZED = ["x", "mean", "variance", "offset", "scale"];

/** Pooling with its gradients, and batch normalization. Images are `[n, height, width, channels]`. */
export const poolingLowerings: Lowerings = {
  MaxPool: (g, call) => {
    const x = channelsSecond(g, input(call, 0));
    const window = poolingWindow(call, input(call, 0).shape);
    return channelsLast(g, g.add("MaxPool", [x], pooled(x, window.output), windowSettings(window)));
  },
  AvgPool: (g, call) => {
    const x = channelsSecond(g, input(call, 0));
    const window = poolingWindow(call, input(call, 0).shape);
    const { dilations: _, ...settings } = windowSettings(window);
    return channelsLast(g, g.add("AveragePool", [x], pooled(x, window.output), settings));
  },
  MaxPoolGrad: (g, call) => {
    const [dy, image] = [channelsSecond(g, input(call, 0)), channelsSecond(g, input(call, 1))];
    const window = poolingWindow(call, input(call, 1).shape, input(call, 0).shape);
    const shape = pooled(image, window.output).shape;
    const [, places] = g.addAll(
      "MaxPool",
      [image],
      [
        { type: "float32", shape },
        { type: "int64", shape },
      ],
      windowSettings(window),
    ) as [Operand, Operand];
    const count = sizeOf(shape);
    const sums = addRows(g, reshape(g, places, [count]), reshape(g, dy, [count, 1]), sizeOf(image.shape), 1);
    return channelsLast(g, reshape(g, sums, image.shape));
  },
  AvgPoolGrad: (g, call) => {
    const dy = channelsSecond(g, input(call, 0));
    const window = poolingWindow(call, input(call, 1).shape, input(call, 0).shape);
    const [rows, , , channels] = shapeOf(call) as [number, number, number, number];
    const [height, width] = window.size;
    // Every number of a window, and at the border every number that would be, has the same share.
    const share = g.constant(Float32Array.of(1 / (height * width)), "float32", [1, 1, 1, 1]);
    const filter = expand(g, share, [channels, 1, height, width]);
    const reached = (axis: 0 | 1): number =>
      (window.output[axis] - 1) * window.strides[axis] + window.size[axis] - window.before[axis] - window.after[axis];
    const settings = {
      ...windowSettings(window),
      output_padding: [0, 1].map((axis) => BigInt(window.input[axis]! - reached(axis as 0 | 1))),
      group: BigInt(channels),
    };
    const result = { type: "float32", shape: [rows, channels, ...window.input] } as const;
    return channelsLast(g, g.add("ConvTranspose", [dy, filter], result, settings));
  },
  FusedBatchNorm: (g, call) => {
    const [x, mean, variance] = call.inputs as [Operand, Operand, Operand];
    const offset = optionalInput(call, NORMALIZED, "offset");
    const scale = optionalInput(call, NORMALIZED, "scale");
    const spread = unary(g, "Sqrt", binary(g, "Add", variance, g.scalar(numberOf(call, "varianceEpsilon"))));
    const factor = scale === null ? unary(g, "Reciprocal", spread) : binary(g, "Div", scale, spread);
    const normalized = binary(g, "Mul", binary(g, "Sub", x, mean), factor);
    return offset === null ? normalized : binary(g, "Add", normalized, offset);
  },
};

function pooled(x: Operand, size: readonly number[]): { readonly type: "float32"; readonly shape: readonly number[] } {
  return { type: "float32", shape: [...x.shape.slice(0, 2), ...size] };
}
