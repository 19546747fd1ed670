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
    // The sources need this repository's settings for decorators.
    const env = { ...process.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json") };
    return await run(
      ["--conditions=likewise-source", `--import=${tsx}`, "program.ts"],
      { cwd: folder, env },
      limitSeconds,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(
  options: readonly string[],
  place: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  limitSeconds: number,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, options, {
      ...place,
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
