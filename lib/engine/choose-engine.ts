import type { Engine } from "../contracts/engine.js";
import { EngineError } from "../errors.js";
import { readEngineVariable } from "../tensor/engine-variable.js";
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
const open: Readonly<Record<EngineName, () => Promise<Engine>>> = {
  eager: () => EagerEngine.open(),
  compiled: () =>
    Promise.reject(new EngineError('the compiled engine is not part of this version; use engine: "eager" or "auto"')),
};

/** What "auto" tries, fastest first. */
const automatic: readonly EngineName[] = ["eager"];

/**
 * Opens the engine that was asked for, or the fastest that loads. The caller disposes it.
 *
 * @throws EngineError when it does not load, or `LIKEWISE_ENGINE` has an unknown value.
 */
export async function chooseEngine({
  engine: asked = "auto",
  threads = null,
}: EngineChoice = {}): Promise<EngineChosen> {
  const variable = readEngineVariable();
  const wanted = asked === "auto" ? variable.engine : asked;
  const engine = await openFirst(wanted === "auto" ? automatic : [wanted]);
  const because =
    asked !== "auto"
      ? `engine: "${asked}"`
      : variable.engine === "auto"
        ? "the fastest that loads here"
        : `LIKEWISE_ENGINE=${variable.backend ?? variable.engine}`;
  const ignored = threads === null || threads === 1 ? "" : `; threads: ${threads} has no effect on the eager engine`;
  return { engine, reason: `${because}${ignored}` };
}

async function openFirst(names: readonly EngineName[]): Promise<Engine> {
  const problems: unknown[] = [];
  for (const name of names) {
    try {
      return await open[name]();
    } catch (problem) {
      problems.push(problem);
    }
  }
  if (problems.length === 1) throw problems[0];
  throw new EngineError("no engine loads here", { cause: new AggregateError(problems) });
}
