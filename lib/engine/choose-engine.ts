import type { Engine } from "../contracts/engine.js";
import { EngineError } from "../errors.js";
import { readEngineVariable } from "../tensor/engine-variable.js";
import { CompiledEngine } from "./compiled-engine.js";
import { EagerEngine } from "./eager-engine.js";

/** Which engine to run on. */
export interface EngineChoice {
  /** Default "auto": what the environment variable `LIKEWISE_ENGINE` says, else the fastest that loads. */
  readonly engine?: "auto" | "eager" | "compiled";
  /** Threads of the engine; null and default: the engine's choice. */
  readonly threads?: number | null;
}

/** An engine, and why it is that one, for people. */
export interface EngineChosen {
  readonly engine: Engine;
  readonly reason: string;
}

type EngineName = Engine["name"];

/** How each engine is opened. */
export type EngineOpeners = Readonly<Record<EngineName, (threads: number | null) => Promise<Engine>>>;

const standard: EngineOpeners = {
  eager: () => EagerEngine.open(),
  compiled: (threads) => CompiledEngine.open({ threads }),
};

/** What "auto" tries, fastest first. */
const automatic: readonly EngineName[] = ["compiled", "eager"];

/**
 * Opens the engine that was asked for, or the fastest that loads. The caller disposes it.
 *
 * @throws EngineError when it does not load, or `LIKEWISE_ENGINE` has an unknown value.
 */
export async function chooseEngine(
  { engine: asked = "auto", threads = null }: EngineChoice = {},
  open: EngineOpeners = standard,
): Promise<EngineChosen> {
  const variable = readEngineVariable();
  const wanted = asked === "auto" ? variable.engine : asked;
  const { engine, failed } = await openFirst(wanted === "auto" ? automatic : [wanted], threads, open);
  const because =
    asked !== "auto"
      ? `engine: "${asked}"`
      : variable.engine === "auto"
        ? "the fastest that loads here"
        : `LIKEWISE_ENGINE=${variable.backend ?? variable.engine}`;
  const instead = failed.map(({ name, problem }) => `; not ${name}: ${problem}`).join("");
  const ignored =
    threads === null || threads === 1 || engine.name === "compiled"
      ? ""
      : `; threads: ${threads} has no effect on the eager engine`;
  return { engine, reason: `${because}${instead}${ignored}` };
}

interface Failed {
  readonly name: EngineName;
  readonly problem: string;
}

async function openFirst(
  names: readonly EngineName[],
  threads: number | null,
  open: EngineOpeners,
): Promise<{ readonly engine: Engine; readonly failed: readonly Failed[] }> {
  const failed: Failed[] = [];
  const problems: unknown[] = [];
  for (const name of names) {
    try {
      return { engine: await open[name](threads), failed };
    } catch (problem) {
      problems.push(problem);
      failed.push({ name, problem: problem instanceof Error ? problem.message : String(problem) });
    }
  }
  if (problems.length === 1) throw problems[0];
  throw new EngineError("no engine loads here", { cause: new AggregateError(problems) });
}
