/**
 * Keeps ONNX Runtime from reporting its use to its maker, which it does from 1.29 on, unless the environment says something about that
 * itself. To be called before it is loaded, on the main thread if a worker is to load it: variables that a worker sets are its own.
 */
export function withoutTelemetry(): void {
  process.env["ORT_DISABLE_TELEMETRY"] ??= "1";
}
