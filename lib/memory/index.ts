export { RingBuffer, type RingBufferState } from "./ring-buffer.js";
export { XbmConfig } from "./xbm-config.js";
