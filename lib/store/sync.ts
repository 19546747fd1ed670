import { open, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Waits until the entries of a folder are on disk. Where folders cannot be opened (Windows) there is nothing to wait for. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform !== "win32") await sync(path, "r");
}

/** Waits until everything in a folder is on disk. */
export async function syncTree(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) await syncTree(inner);
    // Windows flushes only what is opened for writing.
    else if (entry.isFile()) await sync(inner, process.platform === "win32" ? "r+" : "r");
  }
  await syncDirectory(path);
}

async function sync(path: string, flags: "r" | "r+"): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
