import { EngineError } from "../errors.js";
import * as tf from "./tf.js";

const PACKAGES = ["webgpu", "@tensorflow/tfjs-backend-webgpu"] as const;

interface Adapter {
  readonly info?: { readonly description?: string; readonly device?: string; readonly vendor?: string };
}
interface Graphics {
  requestAdapter(): Promise<Adapter | null>;
}
interface WebgpuPackage {
  readonly create: (flags: readonly string[]) => Graphics;
  readonly globals: Readonly<Record<string, unknown>>;
}

/**
 * Gives Node what browsers have, a `navigator.gpu`, and registers the tfjs backend "webgpu", which computes on it.
 *
 * @returns what computes, for people.
 * @throws EngineError with the packages to install, or when there is no graphics adapter.
 */
export async function registerWebgpu(): Promise<string> {
  const { create, globals } = (await load(PACKAGES[0])) as WebgpuPackage;
  const graphics = create([]);
  const adapter = await graphics.requestAdapter();
  if (adapter === null) {
    throw new EngineError(
      "webgpu finds no graphics adapter; it needs a graphics card with a driver for Vulkan, Metal or Direct3D 12, or SwiftShader",
    );
  }
  for (const [name, value] of Object.entries(globals)) if (!(name in globalThis)) define(globalThis, name, value);
  const scope = globalThis as { readonly navigator?: object };
  if (scope.navigator === undefined) define(scope, "navigator", {});
  const { navigator = {} } = scope;
  if (!("gpu" in navigator)) define(navigator, "gpu", graphics);
  await load(PACKAGES[1]);
  const { description, device, vendor } = adapter.info ?? {};
  return [description, device, vendor].find(Boolean) ?? "unnamed adapter";
}

/** Says what cannot be done, in place of the browser's class that tfjs misses in Node. */
export function explainReading(): void {
  const backend = tf.backend();
  const read = backend.readSync.bind(backend);
  backend.readSync = (data) => {
    try {
      return read(data);
    } catch (cause) {
      throw new EngineError(
        "backend webgpu cannot hand over numbers at once in Node: it trains, but search, distances on the host and metrics that rank " +
          "rows need another engine, and code of your own needs await tensor.data() in place of tensor.dataSync()",
        { cause },
      );
    }
  };
}

async function load(name: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (cause) {
    const why = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0];
    throw new EngineError(`backend webgpu needs ${name}; npm install ${PACKAGES.join(" ")} (${why})`, { cause });
  }
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: false });
}
