import type { Lowerings } from "./lowering.js";
import { arithmeticLowerings } from "./lowerings/arithmetic.js";
import { blockLowerings } from "./lowerings/blocks.js";
import { convolutionLowerings } from "./lowerings/convolution.js";
import { creationLowerings } from "./lowerings/creation.js";
import { fewPositivesLowerings } from "./lowerings/few-positives.js";
import { hardestRowsLowerings } from "./lowerings/hardest-rows.js";
import { indexingLowerings } from "./lowerings/indexing.js";
import { matrixLowerings } from "./lowerings/matrix.js";
import { poolingLowerings } from "./lowerings/pooling.js";
import { reductionLowerings } from "./lowerings/reduction.js";
import { resizingLowerings } from "./lowerings/resizing.js";
import { shapeLowerings } from "./lowerings/shape.js";
import { slicingLowerings } from "./lowerings/slicing.js";
import { tripletLowerings } from "./lowerings/triplets.js";
import { unaryLowerings } from "./lowerings/unary.js";

/** How each tfjs kernel is written in ONNX, by the kernel's name. */
export const lowerings: Lowerings = {
  ...unaryLowerings,
  ...arithmeticLowerings,
  ...reductionLowerings,
  ...matrixLowerings,
  ...shapeLowerings,
  ...slicingLowerings,
  ...indexingLowerings,
  ...creationLowerings,
  ...convolutionLowerings,
  ...poolingLowerings,
  ...resizingLowerings,
  ...blockLowerings,
  ...tripletLowerings,
  ...hardestRowsLowerings,
  ...fewPositivesLowerings,
};
