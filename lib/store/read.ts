import { open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../error-code.js";
import { FileFormatError } from "../errors.js";
import { recoverDirectory } from "./atomic-directory.js";

/** An open file with its size in bytes. */
export interface OpenedFile extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly size: number;
}

/** Node refuses longer single reads. */
const LONGEST_READ = 1 << 30;

/**
 * Opens a file; when it is missing because replacing its folder was interrupted, the replacement is finished first.
 *
 * @throws FileFormatError when it cannot be opened; `isMissing` tells whether it is just not there.
 */
export async function openToRead(path: string): Promise<OpenedFile> {
  const handle = await recovering(path, () => open(path, "r"));
  const status = await handle.stat();
  if (!status.isFile()) {
    await handle.close();
    throw new FileFormatError(path, "is not a file");
  }
  const { size } = status;
  return { handle, size, [Symbol.asyncDispose]: () => handle.close() };
}

/** Longest text that is read: far more than any description of a model needs. Keeps a hostile file from filling the memory. */
const LONGEST_TEXT = 1 << 24;

/** The text of a UTF-8 file, as `openToRead` finds it. @throws FileFormatError when it is longer than any of ours. */
export async function readText(path: string): Promise<string> {
  await using opened = await openToRead(path);
  if (opened.size > LONGEST_TEXT)
    throw new FileFormatError(path, `too long: ${opened.size} bytes, the longest allowed is ${LONGEST_TEXT}`);
  return Buffer.from(await readExactly(opened.handle, 0, opened.size, path)).toString("utf8");
}

/** True for the error of reading a file that does not exist. */
export function isMissing(error: unknown): boolean {
  const cause = error instanceof FileFormatError ? error.cause : error;
  return errorCode(cause) === "ENOENT";
}

/** @throws FileFormatError when the file ends before. */
export async function readExactly(
  handle: FileHandle,
  position: number,
  length: number,
  file: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(LONGEST_READ, length - done), position + done);
    if (bytesRead === 0) throw new FileFormatError(file, `truncated: it ends at byte ${position + done}`);
    done += bytesRead;
  }
  return bytes;
}

/** A folder may be exchanged again between looking for it and looking into it. */
const ATTEMPTS = 3;

async function recovering<T>(path: string, read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (cause) {
      if (!isMissing(cause)) throw unreadable(path, cause);
      if (attempt === ATTEMPTS) throw new FileFormatError(path, "no such file", { cause });
    }
    await recoverDirectory(dirname(path)).catch((cause: unknown) => {
      throw unreadable(path, cause);
    });
  }
}

function unreadable(path: string, cause: unknown): FileFormatError {
  const code = errorCode(cause) ?? String(cause);
  return new FileFormatError(path, `cannot be read (${code})`, { cause });
}
