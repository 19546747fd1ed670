import * as tf from "./tf.js";
import { heap, replaceKernel, wasmKernel, type Kernel, type KernelCall } from "./wasm-kernels.js";

/**
 * Makes kernels of single numbers right where the wasm backend is not: NaN survives bounds, numbers below a millionth have a sign, what
 * is not 0 is true, and whole numbers are read as such.
 */
export function repairSpecialValues(): void {
  replaceKernel<"x", object>(tf.Sign, (original) => (call) => {
    const { x } = call.inputs;
    return x.dtype === "float32"
      ? each(call, x.dtype, (value) => (value > 0 ? 1 : value < 0 ? -1 : 0))
      : original(call);
  });
  replaceKernel<"x", tf.ClipByValueAttrs>(tf.ClipByValue, (original) => {
    const bounded = keepNaN(original);
    return (call) => {
      const { clipValueMin, clipValueMax } = call.attrs;
      if (call.inputs.x.dtype === "float32") return bounded(call);
      return each(call, "int32", (value) => Math.max(clipValueMin, Math.min(clipValueMax, value)));
    };
  });
  for (const name of [tf.Relu, tf.Relu6]) replaceKernel<"x", object>(name, keepNaN);
  for (const name of [tf.Maximum, tf.Minimum]) replaceKernel<"a" | "b", object>(name, withNaN);
  replaceKernel<"x", tf.CastAttrs>(tf.Cast, (original) => (call) => {
    const { x } = call.inputs;
    if (call.attrs.dtype !== "bool" || x.dtype === "bool" || x.dtype === "string") return original(call);
    return each(call, "bool", (value) => (value === 0 ? 0 : 1));
  });
  for (const [name, answer] of [
    [tf.IsNan, 0],
    [tf.IsInf, 0],
    [tf.IsFinite, 1],
  ] as const)
    replaceKernel<"x", object>(
      name,
      (original) => (call) => (call.inputs.x.dtype === "float32" ? original(call) : each(call, "bool", () => answer)),
    );
  replaceKernel<"a" | "b", tf._FusedMatMulAttrs>(tf._FusedMatMul, thenActivated);
  for (const name of [tf.Reciprocal, tf.Log1p, tf.Acosh, tf.Asinh]) replaceKernel<"x", object>(name, inFloats);
}

type OfOne<Attributes> = KernelCall<"x", Attributes>;

/** A tensor of the same shape, number by number. */
function each(
  { inputs: { x }, backend }: OfOne<unknown>,
  dtype: tf.DataType,
  of: (value: number) => number,
): tf.TensorInfo {
  const result = backend.makeOutput(x.shape, dtype);
  const [from, to] = [heap(backend, x), heap(backend, result)];
  for (let at = 0; at < to.length; at += 1) to[at] = of(from[at]!);
  return result;
}

/** For bounds, which NaN passes as the lower one; the NaN that processors compute does so even where one of JS stays. */
function keepNaN<Attributes>(original: Kernel<"x", Attributes>): Kernel<"x", Attributes> {
  const sum = wasmKernel<"x", object>(tf.Sum);
  return (call) => {
    const { inputs, backend } = call;
    const { x } = inputs;
    const result = original(call);
    if (x.dtype !== "float32") return result;
    // A sum finds NaN in half the time of a look at every number.
    const total = sum({ inputs: { x }, attrs: {}, backend });
    if (Number.isNaN(heap(backend, total)[0])) copyNaN(heap(backend, x), heap(backend, result));
    backend.disposeData(total.dataId);
    return result;
  };
}

function copyNaN(from: ArrayLike<number>, to: Float32Array | Int32Array | Uint8Array): void {
  for (let at = 0; at < to.length; at += 1) if (Number.isNaN(from[at])) to[at] = NaN;
}

/** What a product and relu make in one go has 0 for NaN. */
function thenActivated(original: Kernel<"a" | "b", tf._FusedMatMulAttrs>): Kernel<"a" | "b", tf._FusedMatMulAttrs> {
  const kernels = { relu: wasmKernel<"x", object>(tf.Relu), relu6: wasmKernel<"x", object>(tf.Relu6) };
  return (call) => {
    const { attrs, backend } = call;
    const { activation } = attrs;
    if (activation !== "relu" && activation !== "relu6") return original(call);
    const x = original({ ...call, attrs: { ...attrs, activation: "linear" } });
    const result = kernels[activation]({ inputs: { x }, attrs: {}, backend });
    backend.disposeData(x.dataId);
    return result;
  };
}

/** Of two numbers wasm gives the first where the second is NaN. */
function withNaN(original: Kernel<"a" | "b", object>): Kernel<"a" | "b", object> {
  return (call) => {
    const { inputs, backend } = call;
    const { a, b } = inputs;
    const result = original(call);
    if (result.dtype !== "float32" || !heap(backend, b).includes(NaN)) return result;
    const turned = original({ ...call, inputs: { a: b, b: a } });
    copyNaN(heap(backend, turned), heap(backend, result));
    backend.disposeData(turned.dataId);
    return result;
  };
}

/** For kernels that leave in a result of whole numbers whatever its memory held before. */
function inFloats(original: Kernel<"x", object>): Kernel<"x", object> {
  const cast = wasmKernel<"x", tf.CastAttrs>(tf.Cast);
  return (call) => {
    const { inputs, backend } = call;
    const { x } = inputs;
    if (x.dtype === "float32") return original(call);
    const converted = cast({ inputs: { x }, backend, attrs: { dtype: "float32" } });
    const floats = original({ ...call, inputs: { x: converted } });
    const result = cast({ inputs: { x: floats }, backend, attrs: { dtype: x.dtype } });
    for (const { dataId } of [converted, floats]) backend.disposeData(dataId);
    return result;
  };
}
