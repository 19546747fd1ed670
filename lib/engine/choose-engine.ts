import type { Engine } from "../contracts/engine.js";
import { ConfigError, EngineError } from "../errors.js";
import { readEngineVariable } from "../tensor/engine-variable.js";
import { CompiledEngine } from "./compiled-engine.js";
import { EagerEngine } from "./eager-engine.js";

/** Which engine to run on. */
export interface EngineChoice {
  /** Default "auto": what the environment variable `LIKEWISE_ENGINE` says, else the fastest that loads. */
  readonly engine?: "auto" | "eager" | "compiled";
  /** Threads of the engine; null and default: the engine's choice. */
  readonly threads?: number | null;
  /**
   * What runs compiled steps: an execution provider of onnxruntime-node, such as "cuda", "webgpu", "coreml" or "dml", where the
   * installed build has it. Null and default: the processor.
   */
  readonly executionProvider?: string | null;
}

/** An engine, and why it is that one, for people. */
export interface EngineChosen {
  readonly engine: Engine;
  readonly reason: string;
}

type EngineName = Engine["name"];

/** How each engine is opened. */
export type EngineOpeners = Readonly<Record<EngineName, (settings: EngineSettings) => Promise<Engine>>>;

/** What an engine is opened with. */
export type EngineSettings = Required<Omit<EngineChoice, "engine">>;

const standard: EngineOpeners = {
  eager: () => EagerEngine.open(),
  compiled: (settings) => CompiledEngine.open(settings),
};

/** What "auto" tries, fastest first. */
const automatic: readonly EngineName[] = ["compiled", "eager"];

/**
 * Opens the engine that was asked for, or the fastest that loads. The caller disposes it.
 *
 * @throws EngineError when it does not load, or `LIKEWISE_ENGINE` has an unknown value.
 */
export async function chooseEngine(
  { engine: asked = "auto", threads = null, executionProvider = null }: EngineChoice = {},
  open: EngineOpeners = standard,
): Promise<EngineChosen> {
  const variable = readEngineVariable();
  const wanted = asked === "auto" ? variable.engine : asked;
  if (executionProvider !== null && wanted === "eager") {
    const who = asked === "eager" ? 'engine: "eager"' : `LIKEWISE_ENGINE=${variable.backend ?? "eager"}`;
    throw new ConfigError("Engine", [
      `executionProvider: "${executionProvider}" runs compiled steps, but ${who} runs none; leave one of them out`,
    ]);
  }
  // Who asks for a provider does not want the eager engine when there is none.
  const names = executionProvider !== null ? (["compiled"] as const) : wanted === "auto" ? automatic : [wanted];
  const { engine, failed } = await openFirst(names, { threads, executionProvider }, open);
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
  settings: EngineSettings,
  open: EngineOpeners,
): Promise<{ readonly engine: Engine; readonly failed: readonly Failed[] }> {
  const failed: Failed[] = [];
  const problems: unknown[] = [];
  for (const name of names) {
    try {
      return { engine: await open[name](settings), failed };
    } catch (problem) {
      problems.push(problem);
      failed.push({ name, problem: problem instanceof Error ? problem.message : String(problem) });
    }
  }
  if (problems.length === 1) throw problems[0];
  throw new EngineError("no engine loads here", { cause: new AggregateError(problems) });
}
