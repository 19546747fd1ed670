import { addConvolutionGradients } from "./wasm-convolution.js";
import { addEinsum } from "./wasm-einsum.js";
import { repairMatMul } from "./wasm-matmul.js";
import { addSegmentSum } from "./wasm-segment-sum.js";

let repaired = false;

/** Mends the wasm backend once its package is loaded, before or after it starts: fast products with transposes, missing gradients. */
export function repairWasm(): void {
  if (repaired) return;
  repaired = true;
  repairMatMul();
  addSegmentSum();
  addConvolutionGradients();
  addEinsum();
}
