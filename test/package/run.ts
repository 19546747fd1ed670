import { spawnSync } from "node:child_process";

/** Runs a command without input and gives its standard output. @throws Error with everything it printed when it fails. */
export function run(command: string, options: readonly string[], folder: string): string {
  const { status, signal, error, stdout, stderr } = spawnSync(command, options, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
    timeout: 300_000,
    maxBuffer: 64 * 2 ** 20,
  });
  if (status === 0) return stdout;
  const ending =
    status === null ? `was stopped (${signal ?? error?.message ?? "unknown reason"})` : `ended with ${status}`;
  throw new Error(`${command} ${options.join(" ")}\nin ${folder}: ${ending}\n${stdout}\n${stderr}`, { cause: error });
}
