/** Entry of a worker thread that computes vectors with encoders made again from what is saved of them. */
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { requireRows } from "../../contracts/embedded-rows.js";
import { FrozenEncoder } from "../../contracts/encoder.js";
import { LikewiseError, UnknownNameError } from "../../errors.js";
import type { PartRegistry } from "../../model/part-registry.js";
import { standardEncoders } from "../../standard-parts.js";
import { prepareBackend } from "../../tensor/backend.js";
import type { EmbedReply, EmbedRequest, Failure, WorkerGreeting, WorkerStart } from "./messages.js";
import { ownClasses } from "./own-classes.js";
import { unpackItems } from "./packed-items.js";

const port = parentPort as MessagePort;
const start = workerData as WorkerStart;
const opened = new Map<string, FrozenEncoder<unknown>>();

async function open(): Promise<WorkerGreeting> {
  const { encoders, modelModule, backend } = start;
  let parts: PartRegistry;
  try {
    // Encoders of the user's own may use tensors without asking for a backend: in training there is one.
    if (backend !== null) await prepareBackend(backend);
    parts = await standardEncoders();
    if (modelModule !== null) parts = parts.with(await ownClasses(modelModule));
  } catch (error) {
    return encoders.map(({ name }) => ({ name, problem: messageOf(error) }));
  }
  return encoders.map(({ name, saved, weights }) => {
    try {
      const encoder = parts.make("encoder", saved, weights);
      if (!(encoder instanceof FrozenEncoder)) return { name, problem: `${encoder.type} is not a frozen encoder` };
      opened.set(name, encoder as FrozenEncoder<unknown>);
      return { name, fingerprint: (encoder as FrozenEncoder<unknown>).fingerprint() };
    } catch (error) {
      if (!(error instanceof UnknownNameError)) return { name, problem: messageOf(error) };
      return {
        name,
        problem: `class ${error.given} is neither of this library nor exported by modelModule ${modelModule}`,
      };
    }
  });
}

async function answer({ id, encoder, items }: EmbedRequest): Promise<void> {
  try {
    const own = opened.get(encoder) as FrozenEncoder<unknown>;
    const unpacked = unpackItems(items);
    const given = await own.embed(unpacked);
    requireRows(`encoder "${encoder}" (${own.type})`, given, unpacked.length, own.embeddingSize);
    // A copy, which can be handed over: the encoder may have kept its own.
    const vectors = Float32Array.from(given);
    port.postMessage({ id, vectors } satisfies EmbedReply, [vectors.buffer]);
  } catch (error) {
    port.postMessage({ id, failure: failureOf(error) } satisfies EmbedReply);
  }
}

function failureOf(error: unknown): Failure {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return { message: messageOf(error), stack, code: error instanceof LikewiseError ? error.code : null };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

port.postMessage(await open());
let turn: Promise<void> = Promise.resolve();
port.on("message", (request: EmbedRequest) => {
  turn = turn.then(() => answer(request));
});
