import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../error-code.js";
import { requirePath } from "../../contracts/path.js";
import { requireOutside } from "../../store/replaceable-folder.js";

/**
 * Makes the next of the folders `run-1`, `run-2`, … and returns its path. The number is one above the highest there is, so that a
 * removed run's number is not used again while later ones exist; two processes never get the same folder.
 *
 * @throws ConfigError for what is no path, UsageError for one inside a saved model, index or checkpoint.
 */
export async function nextRunDirectory(root: string): Promise<string> {
  requirePath("nextRunDirectory", "root", root);
  await requireOutside(join(root, "run"), "nextRunDirectory");
  await mkdir(root, { recursive: true });
  const numbers = (await readdir(root)).map((name) => Number(/^run-(\d{1,15})$/.exec(name)?.[1] ?? 0));
  for (let number = Math.max(0, ...numbers) + 1; ; number += 1) {
    const path = join(root, `run-${number}`);
    try {
      await mkdir(path);
      return path;
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
  }
}
