import { existsSync } from "node:fs";
import { access, constants, readdir, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { WriterLock } from "../cache/index.js";
import { errorCode } from "../error-code.js";
import { StorageError, UsageError } from "../errors.js";
import { recoverDirectory } from "../store/atomic-directory.js";
import { writeFileAtomic } from "../store/atomic.js";
import { readCheckpoint } from "./checkpoint-file.js";
import type { TrainEvent } from "./events.js";
import { readKept } from "./kept-checkpoints-file.js";
import type { Resumed } from "./open-run.js";
import type { Sink } from "./sink.js";
import { CsvLog, JsonLinesLog, nextRunDirectory, TensorBoardLog, type ScalarSink } from "./sinks/index.js";
import type { LogFormat, TrainerConfig } from "./trainer-config.js";

/** The last or best checkpoint of the newest run, or the folder of a checkpoint or of a run. */
export type ResumeFrom = "last" | "best" | (string & {});

/** @throws UsageError when there is none, saying where it was looked for. */
export async function resolveCheckpoint(from: ResumeFrom, runDir: string | null): Promise<Resumed> {
  const directory = resolve(isWhich(from) ? await newest(from, runDir) : await named(from));
  return { ...(await readCheckpoint(directory)), directory };
}

/** True for a checkpoint, after finishing a replacement that a crash interrupted. */
async function isCheckpoint(directory: string): Promise<boolean> {
  if (existsSync(dirname(directory))) await recoverDirectory(directory);
  return existsSync(join(directory, "training.json"));
}

function isWhich(from: string): from is "last" | "best" {
  return from === "last" || from === "best";
}

async function newest(which: "last" | "best", runDir: string | null): Promise<string> {
  if (runDir === null)
    throw new UsageError(
      `resume: "${which}" needs the runDir of the run to go on with; or give the folder of a checkpoint`,
    );
  const runs = existsSync(runDir) ? await readdir(runDir) : [];
  const numbers = runs.flatMap((name) => /^run-(\d+)$/u.exec(name)?.[1] ?? []).map(Number);
  for (const number of numbers.sort((left, right) => right - left)) {
    const folder = join(runDir, `run-${number}`, "checkpoints");
    const best = which === "best" ? ((await readKept(folder))[0]?.name ?? which) : which;
    if (await isCheckpoint(join(folder, best))) return join(folder, best);
  }
  throw new UsageError(
    `resume: "${which}": no run in ${resolve(runDir)} has such a checkpoint; leave out resume to start a new run`,
  );
}

async function named(path: string): Promise<string> {
  for (const directory of [path, join(path, "checkpoints", "last"), join(path, "last")]) {
    if (await isCheckpoint(directory)) return directory;
  }
  throw new UsageError(`resume: ${resolve(path)} is neither a checkpoint (with training.json) nor a run that has one`);
}

/** A run folder that nobody else writes to until it is disposed. */
export interface RunFolder extends Disposable {
  readonly path: string;
}

/**
 * The folder of a new run, or that of the run that goes on; its configuration is written into it.
 *
 * @throws UsageError when another process or thread trains the run; one that has ended, or ran on another machine, is no hindrance.
 */
export async function openRunFolder(
  runDir: string,
  resumed: Resumed | null,
  config: TrainerConfig,
): Promise<RunFolder> {
  const own = resumed === null ? null : dirname(dirname(resumed.directory));
  let lock: WriterLock | null = null;
  try {
    const path = own !== null && (await isSameFolder(dirname(own), runDir)) ? own : await nextRunDirectory(runDir);
    lock = WriterLock.take(join(path, "run.lock"), { trustsOthers: false });
    if (lock === null)
      throw new UsageError(
        `${path} is being trained by another process or thread, which run.lock in it names; wait until that has ended, or start a run of its own: ` +
          `leave out resume`,
      );
    await writeFileAtomic(join(path, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
    const held = lock;
    return { path, [Symbol.dispose]: () => held.release() };
  } catch (cause) {
    lock?.release();
    if (cause instanceof UsageError) throw cause;
    throw new StorageError("a run folder in", resolve(runDir), await reasonOf(resolve(runDir), cause));
  }
}

/** Why a folder cannot be made: of one below a folder that cannot be written to, Node says only that it is not there. */
async function reasonOf(folder: string, cause: unknown): Promise<unknown> {
  if (errorCode(cause) !== "ENOENT") return cause;
  let there = folder;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  return access(there, constants.W_OK).then(
    () => cause,
    (error: unknown) => error,
  );
}

/** True also where one of the paths leads through a link. */
async function isSameFolder(left: string, right: string): Promise<boolean> {
  return existsSync(right) && (await realpath(left)) === (await realpath(right));
}

/**
 * Logs of every number, in the formats asked for.
 * @param keepUntil step a run is resumed at: what was logged after it is written again.
 */
export function runLogs(folder: string, formats: readonly LogFormat[], keepUntil: number | null): Sink[] {
  const options = keepUntil === null ? {} : { keepUntil };
  const made: Readonly<Record<LogFormat, () => ScalarSink>> = {
    csv: () => new CsvLog(join(folder, "metrics.csv"), options),
    jsonLines: () => new JsonLinesLog(join(folder, "metrics.jsonl"), options),
    tensorBoard: () => new TensorBoardLog(folder, options),
  };
  return formats.map((format) => toSink(made[format]()));
}

function toSink(log: ScalarSink): Sink {
  return {
    async accept(event: TrainEvent) {
      if (event.type === "metrics") await log.write(event.step, { epoch: event.epoch, ...event.values });
    },
    close: () => log.close(),
  };
}

/** What became of the state of a run that was stopped, in words. */
export function whatWasSaved(folder: string | null, { checkpoint }: TrainerConfig): string {
  if (folder === null) return "nothing was saved, because there is no runDir";
  if (checkpoint === false || !checkpoint.saveLast) return "nothing was saved, because checkpoints are off";
  if (!existsSync(join(folder, "checkpoints", "last"))) return "nothing was saved, because nothing was trained yet";
  return `saved in ${folder}; go on with { resume: "last" }`;
}
