import { FrozenEncoder, SimilarityLoss, TrainableModel, type CacheConfig, type JsonObject, type Kind } from "likewise";
import * as tf from "likewise/tf";
import { TinyHead } from "../support/tiny.js";

/** What the models of these tests read. */
export interface Text {
  readonly text: string;
}

export class Letters extends FrozenEncoder<Text> {
  static readonly type = "Letters";
  readonly embeddingSize = 6;
  static from(): Letters {
    return new Letters();
  }
  get config(): JsonObject {
    return {};
  }
  embed(items: readonly Text[]): Promise<Float32Array> {
    return Promise.resolve(Float32Array.from(items.flatMap(({ text }) => [...text.padEnd(8)].slice(-6).map(numberOf))));
  }
  fingerprint(): string {
    return "letters";
  }
}

const numberOf = (letter: string): number => letter.charCodeAt(0) / 50;

/** For every kind of samples; tells the order of its rows. */
export class RowOrderLoss<K extends Kind> extends SimilarityLoss<K> {
  static readonly type = "RowOrderLoss";
  readonly separable = false;
  readonly distance = null;
  constructor(readonly kind: K) {
    super();
  }
  static from({ kind }: JsonObject): RowOrderLoss<Kind> {
    return new RowOrderLoss(kind as Kind);
  }
  get config(): JsonObject {
    return { kind: this.kind };
  }
  compute(_own: object, embeddings: tf.Tensor2D): tf.Scalar {
    const places = tf.range(1, embeddings.shape[0] + 1);
    return tf.mean(tf.mul(places, tf.sum(tf.square(embeddings), 1))) as tf.Scalar;
  }
}

/** A model for samples of any kind. */
export class Cached<K extends Kind> extends TrainableModel<K, Text> {
  constructor(
    readonly kind: K,
    readonly caches: CacheConfig | null,
  ) {
    super();
  }
  override configureEncoders() {
    return new Letters();
  }
  override configureHead(inputSize: number) {
    return new TinyHead(inputSize, 4, 0.1);
  }
  override configureLoss() {
    return new RowOrderLoss(this.kind);
  }
  override configureCaches() {
    return this.caches;
  }
}
