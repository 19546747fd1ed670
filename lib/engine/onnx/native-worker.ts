/**
 * Entry of the worker thread that runs graphs: a run of the native runtime blocks its thread, and here that thread is not the one
 * of the program. Loads nothing but the runtime.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import type {
  AnswerTo,
  NativeAnswers,
  NativeGreeting,
  NativeReply,
  NativeRequest,
  NativeTask,
} from "./native-messages.js";
import { NativeSession } from "./native-session.js";
import { probe } from "./probe.js";
import { loadRuntime, type NativeRuntime } from "./session.js";
import { WorkSign } from "./work-sign.js";

const port = parentPort as MessagePort;
const sign = new WorkSign(workerData as ConstructorParameters<typeof WorkSign>[0]);
const sessions = new Map<number, NativeSession>();

async function perform(runtime: NativeRuntime, task: NativeTask): Promise<NativeAnswers[keyof NativeAnswers]> {
  if (task.type === "open") {
    sessions.set(task.session, new NativeSession(runtime, task.carried, task));
    return null;
  }
  if (task.type === "probe") {
    await probe(runtime, task.provider);
    return null;
  }
  const session = sessions.get(task.session) as NativeSession;
  switch (task.type) {
    case "close":
      sessions.delete(task.session);
      await session.close();
      return null;
    case "load":
      await session.load(task.graph, task.code, task.plan);
      return null;
    case "unload":
      await session.unload(task.graph);
      return null;
    case "run":
      return session.run(task);
    case "settle":
      session.settle(task.accepted);
      return null;
    case "read":
      return session.read(task.names);
    case "write":
      session.write(task.values);
      return null;
    default:
      return task satisfies never;
  }
}

/** Arrays of a run are handed over, not copied: the runtime makes new ones each time. */
function handedOver(task: NativeTask, answer: NativeAnswers[keyof NativeAnswers]): ArrayBuffer[] {
  if (task.type !== "run") return [];
  const { reported, buffer } = answer as AnswerTo<typeof task>;
  return [buffer, ...reported.map((data) => data.buffer as ArrayBuffer)];
}

async function answer(runtime: NativeRuntime, { id, task }: NativeRequest): Promise<void> {
  try {
    const value = await perform(runtime, task);
    if (id !== null) port.postMessage({ id, answer: value } satisfies NativeReply, handedOver(task, value));
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    if (id !== null) port.postMessage({ id, problem } satisfies NativeReply);
    return;
  }
  // The asker reads the answer meanwhile.
  if (task.type === "run" && task.settles) sessions.get(task.session)?.settle(true);
}

try {
  const runtime = await loadRuntime();
  // One after the other: a run that was sent ahead starts from what the one before it leaves.
  let last = Promise.resolve();
  port.on("message", (request: NativeRequest) => {
    last = last.then(async () => {
      await sign.begin();
      await answer(runtime, request);
      sign.end();
    });
  });
  port.postMessage({ version: runtime.version, providers: runtime.providers } satisfies NativeGreeting);
} catch (error) {
  port.postMessage({ missing: (error as Error).message } satisfies NativeGreeting);
}
