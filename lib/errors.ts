import { closeNames } from "./close-names.js";

/**
 * Everything this library throws on purpose. Each class has a stable `code`, so that a program can tell errors apart
 * without reading sentences; each message says who, what was expected, what came, and what to do now.
 */
export abstract class LikewiseError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** One or more settings are wrong; `problems` lists all of them. */
export class ConfigError extends LikewiseError {
  readonly code = "CONFIG";

  constructor(
    readonly who: string,
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(`${who}:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`, options);
  }
}

/** Parts of a model do not fit together; found before the first step, all problems at once. */
export class AssemblyError extends LikewiseError {
  readonly code = "ASSEMBLY";

  constructor(
    readonly who: string,
    readonly problems: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      `${who} cannot be trained as it is described:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
      options,
    );
  }
}

/** A tensor or vector has another shape than the place it is used in needs. */
export class ShapeError extends LikewiseError {
  readonly code = "SHAPE";

  constructor(
    readonly where: string,
    readonly expected: string,
    readonly actual: readonly number[],
  ) {
    super(`${where}: expected ${expected}, got [${actual.join(", ")}]`);
  }
}

/** A name is not registered; the message lists the names that are when they are few, and otherwise those that are like it. */
export class UnknownNameError extends LikewiseError {
  readonly code = "UNKNOWN_NAME";

  constructor(
    readonly what: string,
    readonly given: string,
    readonly known: readonly string[],
    advice?: string,
  ) {
    const few = known.length <= FEW_NAMES;
    const list = few ? `; known: ${known.length === 0 ? "none" : known.join(", ")}` : "";
    const close = few ? [] : closeNames(given, known).map((name) => `"${name}"`);
    const question = close.length === 0 ? "" : `. Did you mean ${close.join(" or ")}?`;
    super(`${what} "${given}" is not known${list}${advice === undefined ? "" : `. ${advice}`}${question}`);
  }
}

const FEW_NAMES = 12;

/** A name is registered twice, or given to something else than what is registered by it. */
export class DuplicateNameError extends LikewiseError {
  readonly code = "DUPLICATE_NAME";

  constructor(
    readonly what: string,
    readonly given: string,
    problem = "is registered twice; give one of them another name",
    options?: ErrorOptions,
  ) {
    super(`${what} "${given}" ${problem}`, options);
  }
}

/** A row of the user's data is wrong; `file` and `line` (from 1) say where, when they are known. */
export class DataError extends LikewiseError {
  readonly code = "DATA";

  constructor(
    message: string,
    readonly file?: string,
    readonly line?: number,
    options?: ErrorOptions,
  ) {
    const place = file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
    super(`${place}${message}`, options);
  }
}

/** A saved file is truncated, damaged, foreign or of another version; nothing was changed. */
export class FileFormatError extends LikewiseError {
  readonly code = "FILE_FORMAT";

  constructor(
    readonly file: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${problem}`, options);
  }
}

/** Something cannot be written: the disk is full, a folder is read-only or in the way. What was there before is intact. */
export class StorageError extends LikewiseError {
  readonly code = "STORAGE";

  /** @param what was to be written, such as "the checkpoint". */
  constructor(
    what: string,
    readonly path: string,
    cause: unknown,
  ) {
    super(`${what} ${path} cannot be written (${reasonOf(cause)}); what was there before is intact`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error ? (cause as { readonly code?: unknown }).code : undefined;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return `the disk is full, ${code}: free some space, or keep fewer checkpoints`;
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return `no permission to write there, ${code}: choose another folder`;
    case "ENOTDIR":
    case "EEXIST":
      return `a file is where a folder is needed, ${code}: choose another folder`;
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}

/** Training met a NaN or an infinity. */
export class NonFiniteError extends LikewiseError {
  readonly code = "NON_FINITE";
}

/** Training was stopped by the caller's `AbortSignal` after the state was saved. */
export class InterruptedError extends LikewiseError {
  readonly code = "INTERRUPTED";
}

/** An encoder, a head, a loss or an optimizer threw an error of its own, which is the `cause`. */
export class PartError extends LikewiseError {
  readonly code = "PART";

  constructor(
    readonly part: string,
    cause: unknown,
  ) {
    super(`${part} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** No engine, or not the one asked for, can run here. */
export class EngineError extends LikewiseError {
  readonly code = "ENGINE";
}

/** The execution provider that was asked for cannot run a program that the processor can; nothing of the step was taken over. */
export class ProviderError extends LikewiseError {
  readonly code = "PROVIDER";

  constructor(
    readonly provider: string,
    readonly program: string,
    cause: unknown,
  ) {
    const said = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    super(
      `executionProvider: "${provider}" cannot run program "${program}": ${said}; leave the option out to run on the processor, ` +
        `or choose another provider`,
      { cause },
    );
  }
}

/** A worker thread has failed or ended; `cause` is what it met, where that is known. */
export class WorkerError extends LikewiseError {
  readonly code = "WORKER";
}

/** Something is used in a way or at a time it cannot be. */
export class UsageError extends LikewiseError {
  readonly code = "USAGE";
}
