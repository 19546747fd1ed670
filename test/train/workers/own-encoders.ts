import { threadId } from "node:worker_threads";
import { FrozenEncoder, type HostTensors, type JsonObject } from "likewise";
import * as tf from "likewise/tf";

/** Three numbers of a text. Has a weight, so that weights must travel too. */
export class LetterEncoder extends FrozenEncoder<string> {
  static readonly type: string = "LetterEncoder";
  readonly embeddingSize = 3;
  constructor(readonly factor: number) {
    super();
  }
  static from(_config: JsonObject, weights: HostTensors): LetterEncoder {
    return new this(weights["factor"]?.data[0] as number);
  }
  get config() {
    return {};
  }
  override get weights(): HostTensors {
    return { factor: { data: Float32Array.of(this.factor), shape: [] } };
  }
  embed(items: readonly string[]): Promise<Float32Array> {
    const rows = items.map((item) => [item.length / 7, Math.sin(item.charCodeAt(0)), item.charCodeAt(1) / 3]);
    return Promise.resolve(Float32Array.from(rows.flat(), (value) => value * this.factor));
  }
  fingerprint(): string {
    return `letters ${this.factor}`;
  }
}

/** Says which thread it runs in. */
export class ThreadEncoder extends LetterEncoder {
  static override readonly type = "ThreadEncoder";
  override embed(items: readonly string[]): Promise<Float32Array> {
    return Promise.resolve(Float32Array.from(items.flatMap((item) => [threadId, item.length, 1])));
  }
}

/** Computes with tensors, and says on which backend. */
export class TensorEncoder extends LetterEncoder {
  static override readonly type = "TensorEncoder";
  override embed(items: readonly string[]): Promise<Float32Array> {
    const name = tf.getBackend();
    const rows = items.map((item) => [item.length, item.charCodeAt(0), ["wasm", "cpu"].indexOf(name)]);
    return Promise.resolve(tf.tidy(() => tf.mul(tf.tensor2d(rows, [items.length, 3]), 2).dataSync() as Float32Array));
  }
}

/** Does not come back as what it was. */
export class ForgetfulEncoder extends LetterEncoder {
  static override readonly type = "ForgetfulEncoder";
  readonly #made = threadId;
  override fingerprint(): string {
    return `forgetful ${this.#made}`;
  }
}

/** Fails at the item "bad", ends its thread at "dead", throws where nobody catches at "lost". */
export class FailingEncoder extends LetterEncoder {
  static override readonly type = "FailingEncoder";
  override async embed(items: readonly string[]): Promise<Float32Array> {
    if (items.includes("bad")) throw new RangeError("a bad text");
    if (items.includes("dead")) process.exit(3);
    if (items.includes("lost")) {
      setTimeout(() => {
        throw new RangeError("a lost text");
      });
      await new Promise(() => undefined);
    }
    return super.embed(items);
  }
}

/** Takes its time. */
export class SlowEncoder extends LetterEncoder {
  static override readonly type = "SlowEncoder";
  override async embed(items: readonly string[]): Promise<Float32Array> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return super.embed(items);
  }
}
