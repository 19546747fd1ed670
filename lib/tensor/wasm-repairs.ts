import { EngineError } from "../errors.js";
import * as tf from "./tf.js";
import { addConvolutionGradients } from "./wasm-convolution.js";
import { addEinsum } from "./wasm-einsum.js";
import { repairGather, refusePlacesOutside } from "./wasm-gather.js";
import { shareClones } from "./wasm-identity.js";
import { replaceKernel } from "./wasm-kernels.js";
import { repairMatMul } from "./wasm-matmul.js";
import { repairMaxPoolGradient } from "./wasm-pooling.js";
import { addSegmentSum } from "./wasm-segment-sum.js";
import { repairReductions } from "./wasm-reductions.js";
import { repairSpecialValues } from "./wasm-special-values.js";

let repaired = false;

/**
 * Mends the wasm backend once its package is loaded, before or after it starts: products with transposes are fast, missing gradients
 * are there, and kernels that give wrong numbers are replaced or refuse to run.
 */
export function repairWasm(): void {
  if (repaired) return;
  repaired = true;
  repairMatMul();
  repairGather();
  refusePlacesOutside();
  addSegmentSum();
  addConvolutionGradients();
  repairMaxPoolGradient();
  addEinsum();
  repairReductions();
  repairSpecialValues();
  shareClones();
  for (const name of [tf.MaxPool3D, tf.Conv3DBackpropInputV2, tf.Dilation2D])
    replaceKernel(name, () => () => refuse(name));
}

function refuse(name: string): never {
  throw new EngineError(
    `the wasm backend of tfjs computes ${name} wrongly; run with LIKEWISE_ENGINE=cpu, or install @tensorflow/tfjs-node`,
  );
}
