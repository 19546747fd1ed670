/**
 * Checks for parts of your own.
 *
 * @module likewise/testing
 */

export { checkDistance } from "./check-distance.js";
export { checkEncoder } from "./check-encoder.js";
export { checkHead } from "./check-head.js";
export { checkLoss, type LossCheckOptions } from "./check-loss.js";
export { checkMetric, type MetricCheckOptions } from "./check-metric.js";
export { checkMiner } from "./check-miner.js";
export { checkOptimizer } from "./check-optimizer.js";
export { checkGradient, type GradientCheckOptions } from "./gradient.js";
export { checkSaving } from "./saving.js";
export { prepareBackend } from "../tensor/backend.js";
