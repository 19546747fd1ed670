export { chooseEngine, type EngineChoice, type EngineChosen } from "./choose-engine.js";
export { CompiledEngine, type CompiledEngineOptions } from "./compiled-engine.js";
export { EagerEngine } from "./eager-engine.js";
export { seededNoise } from "./seeded-noise.js";
