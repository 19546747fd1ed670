import { access, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../error-code.js";
import { followLinks } from "./follow-links.js";
import { syncDirectory, syncTree } from "./sync.js";
import { findTemporaries, removeLeftovers, temporaryName } from "./temporary.js";

/** Somebody else may put a folder of their own in place between two of our steps. */
const ATTEMPTS = 5;

/**
 * Replaces a whole folder: `build` fills a temporary folder beside it, which then takes its place. A crash at any moment leaves the
 * whole old or the whole new folder to `readJsonFile` and `readSafetensors`; between the two renames of the exchange neither is in
 * place, and the next reader or writer finishes it. When `build` throws, nothing has changed.
 */
export async function replaceDirectory(path: string, build: (temporary: string) => Promise<void>): Promise<void> {
  await recoverDirectory(path);
  const target = await followLinks(path);
  await mkdir(dirname(target), { recursive: true });
  await removeLeftovers(target);
  using building = temporaryName(target, "tmp");
  using complete = temporaryName(target, "new");
  using replaced = temporaryName(target, "old");
  try {
    await mkdir(building.path);
    await build(building.path);
    await syncTree(building.path);
    await rename(building.path, complete.path);
    await exchange(target, complete.path, replaced.path);
  } catch (error) {
    await rm(building.path, { recursive: true, force: true });
    // Without a target these two are all there is; whoever comes next puts one of them in place.
    if (await exists(target)) {
      await rm(complete.path, { recursive: true, force: true });
      await rm(replaced.path, { recursive: true, force: true });
    }
    throw error;
  }
  await syncDirectory(dirname(target));
  await rm(replaced.path, { recursive: true, force: true });
}

/**
 * Finishes the exchange of a folder, or of one it lies in, that a crash has interrupted.
 *
 * @returns whether a folder was put in its place
 */
export async function recoverDirectory(path: string): Promise<boolean> {
  const target = await followLinks(path);
  if (await exists(target)) return false;
  const found = await findTemporaries(target);
  const candidates = [...(await newestFirst(found, "new")), ...(await newestFirst(found, "old"))];
  for (const candidate of candidates) {
    try {
      await rename(candidate, target);
      await syncDirectory(dirname(target));
      return true;
    } catch (error) {
      if (await exists(target)) return true; // Another process was faster.
      if (!hasCode(error, "ENOENT")) throw error;
    }
  }
  const outer = dirname(target);
  return outer !== target && (await recoverDirectory(outer)) && (await exists(target));
}

async function exchange(target: string, complete: string, replaced: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(target, replaced);
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
    }
    try {
      await rename(complete, target);
      return;
    } catch (error) {
      // A reader that saw neither folder has put the new one in place for us.
      if (hasCode(error, "ENOENT") && (await exists(target))) return;
      if (attempt === ATTEMPTS || !hasCode(error, "ENOTEMPTY", "EEXIST", "EPERM")) throw error;
      await rm(replaced, { recursive: true, force: true });
    }
  }
}

async function newestFirst(found: Awaited<ReturnType<typeof findTemporaries>>, role: "new" | "old"): Promise<string[]> {
  const dated = await Promise.all(
    found
      .filter((temporary) => temporary.role === role)
      .map(async ({ path }) => ({ path, changed: (await stat(path).catch(() => null))?.mtimeMs ?? 0 })),
  );
  return dated.sort((left, right) => right.changed - left.changed).map(({ path }) => path);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes(errorCode(error) ?? "");
}
