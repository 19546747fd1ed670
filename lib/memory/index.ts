export { DriftMeter, type Encode } from "./drift-meter.js";
export { RingBuffer, type MemoryTensors, type RingBufferState } from "./ring-buffer.js";
export { XbmConfig } from "./xbm-config.js";
