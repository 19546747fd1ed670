import type { Session } from "../contracts/engine.js";
import type { Kind } from "../contracts/samples.js";
import type { EngineChoice } from "../engine/choose-engine.js";
import type { Assembled } from "../model/assemble.js";
import { collate, type EmbedRows } from "../model/collate.js";
import { SimilarityModel } from "../model/similarity-model.js";
import type { HostTensors } from "../tensor/host.js";
import { under } from "../tensor/tree.js";
import type { Readers } from "./callback-runner.js";
import { contentOf } from "./content.js";

/** Reads what a session carries. Models run beside it in an engine of their own, and their frozen encoders give what `embedRows` gives. */
export function readersOf<K extends Kind, Item>(
  assembled: Assembled<K, Item>,
  session: Session,
  { engine, threads, executionProvider }: Required<EngineChoice>,
  embedRows: EmbedRows<Item>,
): Readers {
  const read = (...roots: readonly string[]): Promise<HostTensors> =>
    session.read((name) => roots.some((root) => name.startsWith(`${root}/`)));
  return {
    parameters: async () => under(await read("parameters"), "parameters"),
    model: async () => {
      const content = contentOf(assembled, await read("parameters", "state", "average"), null);
      const collator = { collate: (items: readonly Item[]) => collate(content.encoders, items, embedRows) };
      return new SimilarityModel(content, { engine, threads, executionProvider }, collator);
    },
  };
}
