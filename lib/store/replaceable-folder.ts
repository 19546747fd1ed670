import { readdir, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { requirePath } from "../contracts/path.js";
import { errorCode } from "../error-code.js";
import { ConfigError, UsageError } from "../errors.js";
import { recoverDirectory } from "./atomic-directory.js";
import { followLinks } from "./follow-links.js";
import { readText } from "./read.js";

/** The JSON file that says what a folder is, by its `format`. */
interface Description {
  readonly file: string;
  readonly format: string;
}

/** Of every folder that is replaced as a whole. */
export const DESCRIPTIONS = {
  model: { file: "model.json", format: "likewise-model" },
  index: { file: "index.json", format: "likewise-index" },
  checkpoint: { file: "training.json", format: "likewise-checkpoint" },
} as const satisfies Readonly<Record<string, Description>>;

/** What a folder holds that is written, and so replaced, as a whole. */
export interface FolderContent {
  /** Who writes it, for messages. */
  readonly who: string;
  /** What it is: "a model". */
  readonly what: string;
  readonly described: Description;
  /** Every other file that is written there. */
  readonly files: readonly string[];
  /** Folders within, by their names. */
  readonly folders?: Readonly<Record<string, FolderContent>>;
}

/** What file managers leave where they have looked; nothing of a user's is in them. */
const LEFT_BY_FILE_MANAGERS = [".DS_Store", "Thumbs.db", "desktop.ini"];
/** Names in a message. */
const MOST_NAMED = 5;

/**
 * Makes sure that nothing of the user's is lost when a folder is replaced: it does not exist, is empty, or everything in it is what is
 * written there.
 *
 * @throws ConfigError for what is no path, for the root of the file system, and for the home folder, the working directory and what they
 * lie in; UsageError naming everything in the folder that is not written there, and for a place inside another such folder.
 */
export async function requireReplaceable(path: string, content: FolderContent): Promise<void> {
  const { who, what } = content;
  requirePath(who, "directory", path);
  await requireOwnPlace(path, who);
  await requireOutside(path, who);
  await recoverDirectory(path);
  const foreign = await foreignIn(path, content);
  if (foreign.length === 0) return;
  const named = foreign.slice(0, MOST_NAMED).join(", ") + (foreign.length > MOST_NAMED ? ", …" : "");
  throw new UsageError(
    `${who}: cannot save ${what} in ${path}: the folder would be replaced, and holds other things that would be lost (${named}); ` +
      `move them elsewhere, or give a new or empty folder`,
  );
}

/** @throws UsageError for a place inside a folder that is replaced as a whole, which this would make impossible or undo. */
export async function requireOutside(path: string, who: string): Promise<void> {
  const target = await followLinks(path);
  for (let outer = dirname(target); outer !== dirname(outer); outer = dirname(outer)) {
    for (const [what, { file, format }] of Object.entries(DESCRIPTIONS)) {
      if ((await formatOf(join(outer, file))) !== format) continue;
      throw new UsageError(
        `${who}: cannot save in ${path}: it is inside ${outer}, which holds a saved ${what} and is replaced as a whole; ` +
          `give a folder beside it, such as ${join(dirname(outer), `${basename(outer)}-${basename(target)}`)}`,
      );
    }
  }
}

/** Everything in a folder that is not written there as a whole, by its path within; nothing where there is no folder. */
export async function foreignIn(path: string, content: FolderContent): Promise<string[]> {
  const { who, what, described, files, folders = {} } = content;
  const entries = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
    if (errorCode(cause) === "ENOENT") return [];
    throw new UsageError(`${who}: cannot save ${what} as ${path}: it is not a folder that can be read`, { cause });
  });
  const present = entries.filter(({ name }) => !LEFT_BY_FILE_MANAGERS.includes(name));
  if (present.length === 0) return [];
  // Without its description, a folder with the right names may be anybody's: README.md, weights.safetensors.
  const isOurs = (await formatOf(join(path, described.file))) === described.format;
  if (!isOurs) return present.map(({ name }) => name);
  const foreign: string[] = [];
  for (const entry of present) {
    const { name } = entry;
    const inner = folders[name];
    if (inner !== undefined && entry.isDirectory()) {
      foreign.push(...(await foreignIn(join(path, name), inner)).map((each) => `${name}/${each}`));
    } else if (entry.isDirectory() || !(name === described.file || files.includes(name))) foreign.push(name);
  }
  return foreign;
}

async function formatOf(file: string): Promise<unknown> {
  try {
    const content = JSON.parse(await readText(file)) as { readonly format?: unknown } | null;
    return content?.format;
  } catch {
    return undefined; // Missing, damaged or far too long: not ours, as far as anybody can tell.
  }
}

/** A program works in its folder, and a home is nobody's to exchange. */
async function requireOwnPlace(path: string, who: string): Promise<void> {
  const target = await real(await followLinks(path));
  const kept = { "the working directory": process.cwd(), "the home folder": homedir() };
  for (const [name, place] of Object.entries(kept)) {
    const way = relative(target, await real(place));
    if (way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way)) continue;
    const which = way === "" ? name : `a folder that ${name} lies in`;
    throw new ConfigError(who, [
      `directory: ${path} is ${which}, and the folder is replaced as a whole; give a folder of its own, such as ${join(path, "saved")}`,
    ]);
  }
}

async function real(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
