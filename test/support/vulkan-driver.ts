import { existsSync } from "node:fs";

/** A driver of Vulkan without a graphics card, and a loader of drivers, as packages of Chromium install them. */
const swiftShader = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** What a process needs in its environment to find that driver where no other is set; empty where it is not installed. */
export const vulkanDriver: NodeJS.ProcessEnv =
  process.env["VK_ICD_FILENAMES"] === undefined && existsSync(swiftShader)
    ? { VK_ICD_FILENAMES: swiftShader, LD_LIBRARY_PATH: `/usr/lib/chromium:${process.env["LD_LIBRARY_PATH"] ?? ""}` }
    : {};
