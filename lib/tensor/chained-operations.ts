import * as core from "@tensorflow/tfjs-core";

/** The methods of tensors that tfjs-layers calls. Without tfjs's union package nobody adds them, and an LSTM cannot even be made. */
const NAMES = [
  "broadcastTo",
  "div",
  "expandDims",
  "flatten",
  "gather",
  "greaterEqual",
  "logicalAnd",
  "mean",
  "minimum",
  "mul",
  "pad",
  "reshape",
  "sign",
  "square",
  "squeeze",
  "stridedSlice",
  "sub",
  "sum",
  "transpose",
] as const;

const functions = { ...core, flatten: (x: core.Tensor) => core.reshape(x, [x.size]) } as unknown as Readonly<
  Record<string, (...given: unknown[]) => unknown>
>;

for (const name of NAMES) {
  if (name in core.Tensor.prototype) continue;
  Object.defineProperty(core.Tensor.prototype, name, {
    configurable: true,
    writable: true,
    value(this: core.Tensor, ...given: unknown[]): unknown {
      return functions[name]?.(this, ...given);
    },
  });
}
