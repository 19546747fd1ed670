import { FileFormatError } from "../errors.js";
import { canonicalJson, type JsonObject } from "../json.js";
import { writeFileAtomic } from "./atomic.js";
import { checksumOfText } from "./checksum.js";
import { readText } from "./read.js";

/** What a JSON file says it is, in its keys `format` and `version`. */
export interface FileFormat {
  readonly format: string;
  readonly version: number;
}

/**
 * Reads a JSON object that `writeJsonFile` has written.
 *
 * @throws FileFormatError when it is missing, not JSON, of another format or of another version.
 */
export async function readJsonFile(path: string, { format, version }: FileFormat): Promise<JsonObject> {
  const content = parse(await readText(path), path);
  const { format: foundFormat, version: foundVersion } = content;
  if (foundFormat !== format) {
    const found = foundFormat === undefined ? "it does not say what it is" : `it is ${JSON.stringify(foundFormat)}`;
    throw new FileFormatError(path, `expected a file of format "${format}", but ${found}`);
  }
  if (foundVersion !== version) {
    const newer = typeof foundVersion === "number" && foundVersion > version;
    const found = foundVersion === undefined ? "no version" : `version ${JSON.stringify(foundVersion)}`;
    throw new FileFormatError(
      path,
      `has ${found} of the format "${format}", this release reads version ${version}` +
        (newer ? "; it was written by a newer release of likewise: update" : ""),
    );
  }
  return content;
}

/** Like `writeJsonFile`, with a checksum that `readCheckedJsonFile` asks for: for files that nobody edits. */
export async function writeCheckedJsonFile(path: string, format: FileFormat, content: object): Promise<void> {
  await writeJsonFile(path, format, { [CHECKSUM]: checksumOfText(plainly(content)), ...content });
}

/** @throws FileFormatError like `readJsonFile`, and when anything in it was changed. */
export async function readCheckedJsonFile(path: string, format: FileFormat): Promise<JsonObject> {
  const { format: _format, version: _version, [CHECKSUM]: announced, ...content } = await readJsonFile(path, format);
  if (announced !== checksumOfText(plainly(content)))
    throw new FileFormatError(path, "damaged: its content does not fit its checksum");
  return content;
}

/**
 * The same for files that people may edit and that older releases wrote without a checksum: without one, everything is believed.
 *
 * @throws FileFormatError like `readJsonFile`, and when its content does not fit the checksum it has.
 */
export async function readEditableJsonFile(path: string, format: FileFormat): Promise<JsonObject> {
  const { [CHECKSUM]: announced, ...content } = await readJsonFile(path, format);
  const { format: _format, version: _version, ...summed } = content;
  if (announced !== undefined && announced !== checksumOfText(plainly(summed)))
    throw new FileFormatError(
      path,
      `damaged: its content does not fit its checksum; when it was edited on purpose, remove the entry "${CHECKSUM}"`,
    );
  return content;
}

const CHECKSUM = "checksum";

/** Equal texts before writing and after reading. */
function plainly(content: object): string {
  return canonicalJson(JSON.parse(JSON.stringify(content)));
}

/** Writes a JSON object, indented, with its format and version, completely or not at all. */
export async function writeJsonFile(path: string, { format, version }: FileFormat, content: object): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify({ format, version, ...content }, null, 2)}\n`);
}

function parse(text: string, path: string): JsonObject {
  let content: unknown;
  try {
    content = JSON.parse(text, (key, value: unknown) => {
      if (key === "__proto__") throw new FileFormatError(path, 'an entry must not be called "__proto__"');
      // JSON is written without infinities: "1e999" would pass for the null that an infinity is written as, and so fit a checksum of null.
      if (typeof value === "number" && !Number.isFinite(value))
        throw new FileFormatError(path, `the number at ${JSON.stringify(key)} is too large`);
      return value === 0 ? 0 : value; // nor as -0
    });
  } catch (cause) {
    if (cause instanceof FileFormatError) throw cause;
    throw new FileFormatError(path, "truncated, damaged or not JSON", { cause });
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new FileFormatError(path, "expected a JSON object");
  }
  return content as JsonObject;
}
