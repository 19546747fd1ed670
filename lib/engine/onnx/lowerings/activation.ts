import { TraceError } from "../../trace/trace-error.js";
import type { OnnxBuilder, Operand } from "../builder.js";
import { optionalInput, type KernelCall } from "../lowering.js";
import { binary, unary } from "../operations.js";

/** Inputs of the kernels that add a bias and apply an activation in one go. */
export const BIASED = ["bias", "preluActivationWeights"] as const;

const plain: Readonly<Record<string, string>> = { relu: "Relu", elu: "Elu", sigmoid: "Sigmoid" };

/** The activation of a fused kernel, named by its setting. `names` are the kernel's inputs. */
export function activate(g: OnnxBuilder, call: KernelCall, names: readonly string[], x: Operand): Operand {
  const activation = (call.attributes["activation"] as string | undefined) ?? "linear";
  const operator = plain[activation];
  if (operator !== undefined) return unary(g, operator, x);
  switch (activation) {
    case "linear":
      return x;
    case "relu6":
      return g.add("Clip", [x, g.scalar(0), g.scalar(6)], x);
    case "leakyrelu":
      return g.add("LeakyRelu", [x], x, { alpha: call.attributes["leakyreluAlpha"] as number });
    case "prelu": {
      const slope = optionalInput(call, names, "preluActivationWeights");
      if (slope !== null) return g.add("PRelu", [x, slope], x);
    }
  }
  throw new TraceError(`kernel ${call.kernel}: its activation "${activation}" cannot be compiled`, null);
}

/** Adds the bias of a fused kernel, where it has one. */
export function addBias(g: OnnxBuilder, call: KernelCall, names: readonly string[], x: Operand): Operand {
  const bias = optionalInput(call, names, "bias");
  return bias === null ? x : binary(g, "Add", x, bias);
}
