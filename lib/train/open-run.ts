import type { Session } from "../contracts/engine.js";
import { isFittable } from "../contracts/encoder.js";
import { usesChunks } from "../contracts/loss.js";
import type { Kind } from "../contracts/samples.js";
import type { Transform } from "../contracts/optimizer.js";
import { AssemblyError } from "../errors.js";
import type { EngineChosen } from "../engine/choose-engine.js";
import { assemble, type Assembled } from "../model/assemble.js";
import { classOf, type PartRegistry } from "../model/part-registry.js";
import { requireSameTensors } from "../model/model-file.js";
import type { ModelContent } from "../model/model-content.js";
import { trainingPrograms } from "../model/programs.js";
import type { TrainableModel } from "../model/trainable-model.js";
import { chain, clipGlobalNorm, clipValue } from "../optim/index.js";
import { Random } from "../random.js";
import { downloadSync, upload, zerosLike, hostScalar, type HostTensors } from "../tensor/host.js";
import * as tf from "../tensor/tf.js";
import { mapEntries, prefixed, under } from "../tensor/tree.js";
import { differences, identityOf, readFittedParts, type Checkpoint } from "./checkpoint-file.js";
import { checkHeadCanBeFitted } from "./fit-head.js";
import { isBySimilarities } from "./metrics-runner.js";
import { overridesProcessResults } from "./own-code.js";
import type { Loaders } from "./run.js";
import type { TrainerConfig } from "./trainer-config.js";
import type { Warnings } from "./warnings.js";

/** A checkpoint with the folder it was read from. */
export interface Resumed extends Checkpoint {
  /** An absolute path. */
  readonly directory: string;
}

/** Reads the model, checks it, and lets its encoders learn what they learn from the data before training. */
export async function assembleForTraining<K extends Kind, Item>(
  model: TrainableModel<K, Item>,
  { train }: Loaders<K, Item>,
  config: TrainerConfig,
  parts: PartRegistry,
  resumed: Resumed | null,
  from: ModelContent<Item> | null = null,
): Promise<Assembled<K, Item>> {
  const groups = resumed === null ? await train.groups() : resumed.state.vocabulary;
  const random = new Random(config.seed);
  const { kind, augmented } = train;
  const read = assemble(model, { kind, groups, augmented, random, parts }, from);
  const assembled = { ...read, optimizer: withClipping(read.optimizer, config) };
  if (resumed !== null) {
    const problems = differences(resumed, identityOf(assembled, config));
    if (problems.length > 0) throw new AssemblyError(`${read.name}, resumed from ${resumed.directory},`, problems);
    return { ...assembled, ...(await readFittedParts<Item>(resumed, withOwn(parts, assembled))) };
  }
  checkHeadCanBeFitted(assembled);
  for (const [, encoder] of assembled.encoders) {
    if (isFittable(encoder) && !encoder.fitted) await encoder.fit(train.items());
  }
  return assembled;
}

/** Loads the programs of a model into an engine, with the numbers it starts from or those of a checkpoint. */
export async function startSession<K extends Kind, Item>(
  assembled: Assembled<K, Item>,
  config: TrainerConfig,
  { engine }: EngineChosen,
  resumed: Pick<Checkpoint, "carried"> | null,
  { warn }: Warnings,
): Promise<Session> {
  const { model, xbm, optimizer } = assembled;
  const { bySimilarities, others } = metricsOfSteps(assembled);
  const reportEmbeddings = overridesProcessResults(model) || others;
  const first = firstCarried(assembled, config);
  if (resumed !== null) requireSameTensors("checkpoint", first, resumed.carried);
  const programs = trainingPrograms(assembled, {
    ...{ optimizer, reportEmbeddings, reportSimilarities: bySimilarities },
    remembers: xbm !== null,
  });
  return engine.start({ ...programs }, resumed?.carried ?? first, (message) => warn("ENGINE", message, message));
}

/** What metrics of training batches read. */
function metricsOfSteps<K extends Kind, Item>({
  metrics,
  loss,
}: Assembled<K, Item>): { readonly bySimilarities: boolean; readonly others: boolean } {
  const attached = metrics.filter(({ stages }) => stages.includes("train"));
  // Of chunks that were made to save memory, not all similarities are held at once.
  const able = attached.filter((each) => !usesChunks(loss) && isBySimilarities(each, loss));
  return { bySimilarities: able.length > 0, others: able.length < attached.length };
}

/** Parameters and state, with the optimizer's slots, the sums of accumulated gradients and the averages that a configuration needs. */
function firstCarried<K extends Kind, Item>(
  { carried, optimizer, xbm }: Assembled<K, Item>,
  config: TrainerConfig,
): HostTensors {
  const parameters = under(carried, "parameters");
  let slots: HostTensors = {};
  tf.tidy(() => {
    slots = mapEntries(optimizer.initialize(mapEntries(parameters, upload)), downloadSync);
  });
  const sums = { ...prefixed("gradients", mapEntries(parameters, zerosLike)), weight: hostScalar(0) };
  return {
    ...carried,
    ...prefixed("optimizer", slots),
    ...(config.accumulate > 1 ? prefixed("accumulated", sums) : {}),
    ...(config.ema === null ? {} : prefixed("average", parameters)),
    ...(xbm === null || xbm.momentum === null ? {} : prefixed("key", withoutLoss(parameters))),
  };
}

/** What embeds; a slow copy of the loss's own parameters would have no use. */
function withoutLoss(parameters: HostTensors): HostTensors {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => !name.startsWith("loss/")));
}

function withClipping(optimizer: Transform, { clipNorm, clipValue: value }: TrainerConfig): Transform {
  const clips = [
    ...(value === null ? [] : [clipValue(value)]),
    ...(clipNorm === null ? [] : [clipGlobalNorm(clipNorm)]),
  ];
  return clips.length === 0 ? optimizer : chain(...clips, optimizer);
}

function withOwn<K extends Kind, Item>(parts: PartRegistry, { encoders, head }: Assembled<K, Item>): PartRegistry {
  return parts.with([...encoders.map(([, encoder]) => classOf(encoder)), classOf(head)]);
}
