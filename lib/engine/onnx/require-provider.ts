import { EngineError } from "../../errors.js";
import type { NativeThread } from "./native-thread.js";
import { PROCESSOR } from "./session.js";

/** Variable of the environment that says whether NVIDIA's libraries may round factors to 10 bits: "0" for no. */
const ROUNDING = "NVIDIA_TF32_OVERRIDE";
const OF_NVIDIA: readonly string[] = ["cuda", "tensorrt"];

/**
 * Cards of NVIDIA multiply float32 as TF32 unless the environment says otherwise before their libraries are first used; it is told to,
 * unless the user has said something: onnxruntime-node has no option for it, and losses would agree with those of the processor to three
 * digits only.
 *
 * @throws EngineError when graphs cannot run on an execution provider, before anything is trained.
 */
export async function requireProvider(thread: NativeThread, provider: string): Promise<void> {
  if (provider === PROCESSOR) return;
  const { version, providers } = thread;
  const asked = `executionProvider: "${provider}"`;
  if (!providers.includes(provider)) {
    throw new EngineError(
      `${asked} is not in the installed onnxruntime-node ${version} on ${process.platform} ${process.arch}, which has ` +
        `${providers.join(", ")}; choose one of these, or leave the option out to run on the processor`,
    );
  }
  if (OF_NVIDIA.includes(provider)) process.env[ROUNDING] ??= "0";
  try {
    await thread.ask({ type: "probe", provider });
  } catch (cause) {
    const said = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw new EngineError(
      `${asked} does not work here: ${said}; ${advice[provider] ?? "install what it needs"}, or leave the option out to run ` +
        `on the processor`,
      { cause },
    );
  }
}

const cuda =
  "it needs an NVIDIA card, the CUDA and cuDNN libraries, and the provider's files, which npm install onnxruntime-node fetches " +
  "unless onnxruntime-node-install=skip says not to";

/** What a provider needs. */
const advice: Readonly<Record<string, string>> = {
  cuda,
  tensorrt: `${cuda}; and TensorRT`,
  webgpu: "it needs a graphics card with a driver for Vulkan, Metal or Direct3D 12",
};
