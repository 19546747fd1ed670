/**
 * How gradients become updates of parameters.
 *
 * @module likewise/optim
 */

export type { Moment, Schedule, Transform, Updated } from "../contracts/optimizer.js";
export { adagrad, type AdagradOptions } from "./adagrad.js";
export { adam, adamw, type AdamOptions, type AdamwOptions } from "./adam.js";
export { addDecayedWeights } from "./add-decayed-weights.js";
export { chain } from "./chain.js";
export { clipGlobalNorm, clipValue } from "./clip.js";
export { cosine, linear, warmupCosine, type DecayOptions, type WarmupCosineOptions } from "./decays.js";
export { freeze } from "./freeze.js";
export { lion, type LionOptions } from "./lion.js";
export { parameterGroups, type ParameterGroup } from "./parameter-groups.js";
export type { Pattern } from "./pattern.js";
export { rmsprop, type RmspropOptions } from "./rmsprop.js";
export type { NamedSchedule } from "./schedule.js";
export { sgd, type SgdOptions } from "./sgd.js";
export type { AcrossParameters, Tunable, Tuning } from "./tunable.js";
export { constant, scaled, warmup } from "./warmup.js";
