import { MessageChannel, type MessagePort } from "node:worker_threads";

let closed: MessagePort | null = null;

/**
 * Frees the memory of arrays that nobody will read. The native runtime copies every result into an array of its own, one that was written
 * to where it belongs too; left to the garbage collector, dozens of such copies lie around, and each run takes new memory.
 */
export function freeNow(buffers: readonly ArrayBuffer[]): void {
  if (buffers.length === 0) return;
  try {
    // What is handed over to a port that is closed is gone at once.
    (closed ??= closedPort()).postMessage(null, buffers);
  } catch {
    // Memory that the runtime keeps for itself cannot be handed over; then it is freed later.
  }
}

function closedPort(): MessagePort {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
}
