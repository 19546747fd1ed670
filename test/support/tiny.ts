import {
  Cosine,
  FrozenEncoder,
  Head,
  Loader,
  Random,
  SimilarityLoss,
  TrainableModel,
  type Batch,
  type EpochRequest,
  type Group,
  type GroupSample,
  type Init,
  type JsonObject,
  type LossValue,
  type Mode,
  type Targets,
} from "likewise";
import * as tf from "likewise/tf";

/** Items are vectors already. Counts how many it was asked for. */
export class TinyEncoder extends FrozenEncoder<readonly number[]> {
  static readonly type = "TinyEncoder";
  static encoded = 0;
  constructor(readonly embeddingSize: number) {
    super();
  }
  static from({ embeddingSize }: JsonObject): TinyEncoder {
    return new TinyEncoder(embeddingSize as number);
  }
  get config() {
    return { embeddingSize: this.embeddingSize };
  }
  embed(items: readonly (readonly number[])[]): Promise<Float32Array> {
    TinyEncoder.encoded += items.length;
    return Promise.resolve(Float32Array.from(items.flat()));
  }
  fingerprint(): string {
    return `tiny ${this.embeddingSize}`;
  }
}

/** One matrix, with dropout that uses the noise of the step and a running mean of its input as state. */
export class TinyHead extends Head<{ readonly kernel: tf.Tensor2D }> {
  static readonly type: string = "TinyHead";
  constructor(
    readonly inputSize: number,
    readonly outputSize: number,
    readonly dropout = 0,
  ) {
    super();
  }
  static from({ inputSize, outputSize, dropout }: JsonObject): TinyHead {
    return new TinyHead(inputSize as number, outputSize as number, dropout as number);
  }
  get config() {
    return { inputSize: this.inputSize, outputSize: this.outputSize, dropout: this.dropout };
  }
  initialize(random: Random): Init {
    const kernel = {
      data: random.normals(this.inputSize * this.outputSize, 0, 0.3),
      shape: [this.inputSize, this.outputSize],
    };
    return {
      parameters: { kernel },
      state: { mean: { data: new Float32Array(this.inputSize), shape: [this.inputSize] } },
    };
  }
  apply({ kernel }: { readonly kernel: tf.Tensor2D }, vectors: tf.Tensor2D, { training, noise, state }: Mode) {
    const kept =
      training && this.dropout > 0 ? tf.greaterEqual(noise.uniform(vectors.shape), this.dropout) : tf.onesLike(vectors);
    const value = tf.matMul(tf.mul(vectors, tf.cast(kept, "float32")), kernel) as tf.Tensor2D;
    const mean = state["mean"] as tf.Tensor;
    return { value, state: { mean: training ? tf.add(tf.mul(mean, 0.9), tf.mul(tf.mean(vectors, 0), 0.1)) : mean } };
  }
}

/** Pulls rows of one group together and pushes others apart, with a learned scale. */
export class TinyLoss extends SimilarityLoss<"group", { readonly scale: tf.Scalar }> {
  static readonly type = "TinyLoss";
  readonly kind = "group";
  readonly separable = false;
  readonly distance = new Cosine();
  static from(): TinyLoss {
    return new TinyLoss();
  }
  get config() {
    return {};
  }
  override initialize(): Init {
    return { parameters: { scale: { data: Float32Array.of(2), shape: [] } } };
  }
  compute({ scale }: { readonly scale: tf.Scalar }, embeddings: tf.Tensor2D, { groups }: Targets<"group">): LossValue {
    const same = tf.cast(tf.equal(tf.expandDims(groups, 1), tf.expandDims(groups, 0)), "float32");
    const logits = tf.mul(scale, tf.sub(1, this.distance.matrix(embeddings, embeddings)));
    const value = tf.mean(tf.sub(tf.softplus(logits), tf.mul(same, logits))) as tf.Scalar;
    return { value, weight: tf.scalar(embeddings.shape[0]), terms: { scale } };
  }
}

/** Batches of an array in order, or shuffled when training. */
export class TinyLoader extends Loader<"group", readonly number[]> {
  readonly kind = "group";
  readonly augmented = false;
  constructor(
    readonly samples: readonly GroupSample<readonly number[]>[],
    readonly batchSize: number,
  ) {
    super();
  }
  get batchesPerEpoch(): number {
    return Math.ceil(this.samples.length / this.batchSize);
  }
  async *epoch({ epoch, random, training, skip = 0 }: EpochRequest): AsyncGenerator<Batch<"group", readonly number[]>> {
    const samples = [...this.samples];
    if (training) random.fork(epoch).shuffle(samples);
    for (let position = skip; position < this.batchesPerEpoch; position += 1) {
      const some = samples.slice(position * this.batchSize, (position + 1) * this.batchSize);
      await Promise.resolve();
      const targets = { groups: some.map(({ group }) => group) };
      yield { kind: "group", items: some.map(({ item }) => item), targets, size: some.length, position };
    }
  }
  async *items(): AsyncGenerator<readonly number[]> {
    for (const { item } of this.samples) {
      await Promise.resolve();
      yield item;
    }
  }
  groups(): Promise<readonly Group[]> {
    return Promise.resolve([...new Set(this.samples.map(({ group }) => group))]);
  }
}

/** Points round a few random directions, `perGroup` each, with noise. */
export function tinySamples(groups: number, perGroup: number, size = 6, seed = 1): GroupSample<readonly number[]>[] {
  const random = new Random(seed);
  return Array.from({ length: groups }, (_, group) => {
    const centre = random.normals(size);
    return Array.from({ length: perGroup }, () => ({
      item: Array.from(centre, (value) => value + 0.7 * random.normal()),
      group,
    }));
  }).flat();
}

/** A model of the parts above. */
export class TinyModel extends TrainableModel<"group", readonly number[]> {
  override configureEncoders(): ReturnType<TrainableModel<"group", readonly number[]>["configureEncoders"]> {
    return new TinyEncoder(6);
  }
  override configureHead(inputSize: number): Head {
    return new TinyHead(inputSize, 4, 0.2);
  }
  override configureLoss(): SimilarityLoss<"group"> {
    return new TinyLoss();
  }
}
