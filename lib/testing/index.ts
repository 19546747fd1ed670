/**
 * Checks for parts of your own.
 *
 * @module likewise/testing
 */

export { checkEncoder, checkHead, checkLoss, checkSaving } from "./check-parts.js";
export { checkGradient, type GradientCheckOptions } from "./gradient.js";
export { prepareBackend } from "../tensor/backend.js";
