import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** How a program ended. */
export interface Ended {
  /** Null when it was stopped for taking too long. */
  readonly code: number | null;
  /** Standard output and error. */
  readonly output: string;
}

/** Runs TypeScript as a user would who has installed the package: in an empty folder, importing it by name. */
export async function runProgram(root: string, code: string, limitSeconds: number): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), "likewise-readme-"));
  try {
    await mkdir(join(folder, "node_modules"));
    await symlink(root, join(folder, "node_modules", "likewise"), "junction");
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    await writeFile(join(folder, "program.ts"), code);
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
    return await run(["--conditions=source", `--import=${tsx}`, "program.ts"], folder, limitSeconds);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(options: readonly string[], folder: string, limitSeconds: number): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, options, {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: limitSeconds * 1000,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => (output += text));
    }
    child.once("error", reject);
    child.once("close", (code) => {
      resolve({ code, output });
    });
  });
}
