import { NativeThread } from "./native-thread.js";

/** How long a thread without an engine waits for the next one, in milliseconds. */
const LINGER = 5000;

/** Starting a thread and loading the runtime takes about as long as a hundred small steps, and engines often follow each other. */
const idle = new Map<NativeThread, NodeJS.Timeout>();

/**
 * A thread for one engine alone.
 *
 * @throws EngineError when onnxruntime-node does not load.
 */
export async function takeThread(): Promise<NativeThread> {
  for (const [thread, timer] of idle) {
    clearTimeout(timer);
    idle.delete(thread);
    if (thread.alive) return thread;
  }
  return NativeThread.start();
}

/** Gives a thread back that has nothing loaded; it ends unless another engine takes it soon. */
export function returnThread(thread: NativeThread): void {
  if (!thread.alive) return;
  const timer = setTimeout(() => {
    idle.delete(thread);
    void thread.stop();
  }, LINGER);
  idle.set(thread, timer.unref());
}
