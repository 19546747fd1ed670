import { numberOf, shapeOf, typeOf, type Lowerings } from "../lowering.js";
import { dataOf } from "../builder.js";

/** Kernels that make numbers from nothing but their settings, as tfjs makes them. */
export const creationLowerings: Lowerings = {
  Fill: (g, call) => g.splat(numberOf(call, "value"), typeOf(call), shapeOf(call)),
  Range: (g, call) => {
    const [start, stop] = [numberOf(call, "start"), numberOf(call, "stop")];
    const given = (call.attributes["step"] as number | undefined) ?? 1;
    const step = stop < start && given === 1 ? -1 : given;
    const type = typeOf(call);
    const numbers = climb(start, step, shapeOf(call)[0] ?? 0, type === "int32" ? Math.trunc : Math.fround);
    return g.constant(dataOf(numbers, type), type, shapeOf(call));
  },
  LinSpace: (g, call) => {
    const [start, stop, count] = [numberOf(call, "start"), numberOf(call, "stop"), numberOf(call, "num")];
    const numbers = climb(start, (stop - start) / (count - 1), count, Math.fround);
    return g.constant(dataOf(numbers, "float32"), "float32", shapeOf(call));
  },
};

/** Each number is the one before, as it is stored, and a step. */
function climb(start: number, step: number, count: number, stored: (value: number) => number): number[] {
  const numbers = Array.from({ length: count }, () => stored(start));
  for (let at = 1; at < count; at += 1) numbers[at] = stored((numbers[at - 1] as number) + step);
  return numbers;
}
