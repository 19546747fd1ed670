import type { Kind } from "../contracts/samples.js";
import type { Assembled } from "../model/assemble.js";
import { savedPart } from "../model/model-file.js";
import { isOfLoss } from "../model/start-from.js";
import type { DataSizes, HistoryEntry, TrainingRecord } from "../model/training-record.js";
import { defaultDistance, type ModelContent } from "../model/model-content.js";
import type { JsonObject } from "../json.js";
import type { HostTensors } from "../tensor/host.js";
import { prefixed, under } from "../tensor/tree.js";
import type { Loaders } from "./run.js";
import type { RunContext } from "./run-context.js";
import { TrainerConfig } from "./trainer-config.js";

/** What is served of a trained model: encoders and head with their averaged (when there is an average) parameters, not the loss. */
export function contentOf<K extends Kind, Item>(
  assembled: Assembled<K, Item>,
  carried: HostTensors,
  training: TrainingRecord | null,
): ModelContent<Item> {
  const { encoders, head, loss, vocabulary } = assembled;
  const all = {
    ...prefixed("parameters", { ...under(carried, "parameters"), ...under(carried, "average") }),
    ...prefixed("state", under(carried, "state")),
  };
  const select = (ofLoss: boolean): HostTensors =>
    Object.fromEntries(Object.entries(all).filter(([name]) => isOfLoss(name) === ofLoss));
  return {
    encoders,
    head,
    distance: loss.distance ?? defaultDistance,
    carried: select(false),
    loss: { part: savedPart(loss), groups: vocabulary.known, carried: select(true) },
    training,
  };
}

/** Of the run as it stands now. */
export function trainingRecord<K extends Kind, Item>(
  run: RunContext<K, Item>,
  engine: string,
  { loaders, history }: { readonly loaders?: Loaders<K, Item>; readonly history?: readonly HistoryEntry[] } = {},
): TrainingRecord {
  const { assembled, loop, limits, config, callbacks } = run;
  const { name, loss, optimizer } = assembled;
  return {
    model: name,
    kind: loss.kind,
    loss: savedPart(loss),
    optimizer: { type: optimizer.type, config: optimizer.config },
    steps: loop.step,
    epochs: loop.epoch,
    batchesPerEpoch: limits.batchesPerEpoch,
    seconds: loop.seconds,
    seed: config.seed,
    engine,
    ...(loaders === undefined ? {} : { data: sizesOf(loaders, assembled.vocabulary.size) }),
    settings: settingsOf(config),
    ...(history === undefined ? {} : { history }),
    metrics: { ...callbacks.metrics },
  };
}

function sizesOf<K extends Kind, Item>({ train, validation }: Loaders<K, Item>, groups: number): DataSizes {
  return {
    trainItems: train.places()?.itemCount ?? null,
    trainBatches: train.batchesPerEpoch,
    validationItems: validation?.places()?.itemCount ?? null,
    validationBatches: validation?.batchesPerEpoch ?? null,
    groups,
  };
}

/** Those that are not defaults, without folders of this machine. */
function settingsOf(config: TrainerConfig): JsonObject {
  const plain = (given: TrainerConfig): JsonObject => JSON.parse(JSON.stringify(given)) as JsonObject;
  const defaults = plain(new TrainerConfig());
  const own = Object.entries(plain(config)).filter(
    ([name, value]) => name !== "runDir" && JSON.stringify(value) !== JSON.stringify(defaults[name]),
  );
  return Object.fromEntries(own);
}
