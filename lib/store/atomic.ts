import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { requirePath } from "../contracts/path.js";
import { errorCode } from "../error-code.js";
import { StorageError } from "../errors.js";
import { replaceDirectory } from "./atomic-directory.js";
import { followLinks } from "./follow-links.js";
import { requireReplaceable, type FolderContent } from "./replaceable-folder.js";
import { removeLeftovers, temporaryName } from "./temporary.js";
import { syncDirectory } from "./sync.js";

/**
 * Replaces a whole folder in one step, as `replaceDirectory` does, when everything in it is what is written there.
 * @throws ConfigError, UsageError like `requireReplaceable`, StorageError when the system refuses; then nothing has changed.
 */
export async function writeDirectoryAtomic(
  path: string,
  content: FolderContent,
  build: (temporary: string) => Promise<void>,
): Promise<void> {
  await requireReplaceable(path, content);
  try {
    await replaceDirectory(path, build);
  } catch (cause) {
    // What the system refuses has a code, ours are named already.
    const isOfSystem = /^E[A-Z]+$/u.test(errorCode(cause) ?? "");
    throw isOfSystem ? new StorageError(content.what, path, cause) : cause;
  }
}

/**
 * Replaces a file in one step: whoever reads it, also after a crash at any moment, finds the whole old or the whole new content.
 * Folders on the way are made. A list of pieces is written one after the other. A link stays one: the file it leads to is replaced.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array | readonly Uint8Array[]): Promise<void> {
  requirePath("writing a file", "path", path);
  const target = await followLinks(path);
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  await removeLeftovers(target);
  using temporary = temporaryName(target, "tmp");
  try {
    await writeNew(temporary.path, data);
    await rename(temporary.path, target);
  } catch (error) {
    await rm(temporary.path, { force: true });
    throw error;
  }
  await syncDirectory(folder);
}

async function writeNew(path: string, data: string | Uint8Array | readonly Uint8Array[]): Promise<void> {
  const handle = await open(path, "wx");
  try {
    if (typeof data === "string") await writeAll(handle, Buffer.from(data, "utf8"));
    else if (data instanceof Uint8Array) await writeAll(handle, data);
    else for (const piece of data) await writeAll(handle, piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Node refuses longer single writes. */
const LONGEST_WRITE = 1 << 30;

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await handle.write(bytes, done, Math.min(LONGEST_WRITE, bytes.byteLength - done));
    done += bytesWritten;
  }
}
