import { expect } from "chai";
import {
  FrozenEncoder,
  Head,
  Random,
  SimilarityLoss,
  TrainableEncoder,
  type HostTensors,
  type Init,
  type JsonObject,
  type Mode,
} from "likewise";
import { ArcFaceLoss, ProxyAnchorLoss, SoftTripleLoss, SphereFaceLoss } from "likewise/losses";
import { checkEncoder, checkGradient, checkHead, checkLoss, checkSaving } from "likewise/testing";
import * as tf from "likewise/tf";

const normals = (rows: number, size: number) => ({ data: new Random("rows").normals(rows * size), rows, size });
const pairs = (count: number) => ({ labels: new Float32Array(count).fill(1), subgroups: new Int32Array(2 * count) });
const kept: tf.Tensor[] = [];
/** Goes on and on, as `Math.random` does. */
const unseeded = new Random("unseeded");

/** The same value with another gradient. */
function withGradient(x: tf.Tensor, change: (dy: tf.Tensor) => tf.Tensor): tf.Tensor2D {
  return tf.customGrad((given) => ({ value: tf.clone(given as tf.Tensor), gradFunc: change }))(x) as tf.Tensor2D;
}

class BrokenHead extends Head {
  static readonly type = "BrokenHead";
  readonly inputSize = 8;
  readonly outputSize = 8;
  constructor(
    readonly compute: (vectors: tf.Tensor2D, mode: Mode) => tf.Tensor2D,
    readonly config: JsonObject = {},
    readonly start: () => Init = () => ({ parameters: {} }),
  ) {
    super();
  }
  static from(): BrokenHead {
    return new BrokenHead((vectors) => vectors);
  }
  initialize(): Init {
    return this.start();
  }
  apply(_parameters: object, vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D {
    return this.compute(vectors, mode);
  }
}

class BrokenLoss extends SimilarityLoss<"pair"> {
  static readonly type = "BrokenLoss";
  readonly kind = "pair";
  readonly separable = false;
  readonly distance = null;
  readonly config = {};
  constructor(readonly value: (embeddings: tf.Tensor2D) => tf.Tensor) {
    super();
  }
  static from(): BrokenLoss {
    return new BrokenLoss((embeddings) => tf.mean(tf.square(embeddings)));
  }
  compute(_parameters: object, embeddings: tf.Tensor2D): tf.Scalar {
    return this.value(embeddings) as tf.Scalar;
  }
}

class TimesEncoder extends FrozenEncoder<number> {
  static readonly type = "TimesEncoder";
  readonly embeddingSize = 1;
  readonly config = {};
  constructor(
    readonly factor: number,
    readonly print: () => string = () => "times",
    readonly each: (items: readonly number[]) => void = () => undefined,
  ) {
    super();
  }
  static from(): TimesEncoder {
    return new TimesEncoder(1);
  }
  embed(items: readonly number[]): Promise<Float32Array> {
    this.each(items);
    return Promise.resolve(Float32Array.from(items, (item) => item * this.factor));
  }
  fingerprint(): string {
    return this.print();
  }
}

class WrongSlope extends TrainableEncoder<number> {
  static readonly type = "WrongSlope";
  readonly embeddingSize = 3;
  readonly config = {};
  static from(): WrongSlope {
    return new WrongSlope();
  }
  collate(items: readonly number[]): HostTensors {
    return { x: { data: Float32Array.from(items), shape: [items.length, 1] } };
  }
  initialize(random: Random): Init {
    return { parameters: { kernel: { data: random.normals(3), shape: [1, 3] } } };
  }
  apply(parameters: { readonly kernel: tf.Tensor2D }, { x }: { readonly x: tf.Tensor2D }): tf.Tensor2D {
    return tf.matMul(
      x,
      withGradient(parameters.kernel, (dy) => tf.mul(dy, 1.5)),
    );
  }
}

const headProblems = async (compute: BrokenHead["compute"]): Promise<string> =>
  (await checkHead(new BrokenHead(compute))).join("\n");
const lossProblems = async (value: BrokenLoss["value"], rows = 4): Promise<string> =>
  (await checkLoss(new BrokenLoss(value), normals(rows, 16), pairs(rows / 2))).join("\n");

describe("Checks for parts of one's own find", () => {
  afterEach(() => {
    tf.dispose(kept.splice(0));
  });

  it("an option that is not saved, by what the part computes", async () => {
    expect((await checkEncoder(new TimesEncoder(3), [1, 2])).join()).to.match(
      /^it computes other numbers after loading: value\[0\] is 1 and was 3/,
    );
    const head = new BrokenHead((vectors) => tf.mul(vectors, 2));
    expect((await checkSaving(head)).join()).to.match(/^it computes other numbers after loading/);
    const wide = (): Init => ({ parameters: { bias: { data: new Float32Array(8), shape: [8] } } });
    expect((await checkSaving(new BrokenHead((vectors) => vectors, {}, wide))).join()).to.match(
      /^initialize gives nothing after loading and gave parameters\/bias \[8\]/,
    );
    const loss = new BrokenLoss((embeddings) => tf.mean(tf.abs(embeddings)));
    expect((await checkLoss(loss, normals(4, 3), pairs(2))).join()).to.match(
      /^it computes other numbers after loading/,
    );
  });

  it("what JSON does not keep", async () => {
    const config = {
      activation: () => 1,
      sizes: [1, NaN],
      none: undefined,
      rows: Float32Array.of(1),
      fine: { a: [null] },
    };
    const problems = await checkSaving(new BrokenHead((vectors) => vectors, config as never));
    expect(problems.map((problem) => problem.slice(0, problem.indexOf(" is ")))).to.deep.equal([
      "config.activation",
      "config.sizes[1]",
      "config.none",
      "config.rows",
    ]);
  });

  it("a gradient that is lost in all columns but the first", async () => {
    const first = tf.tidy(() => tf.oneHot(tf.tensor1d([0], "int32"), 8).dataSync());
    const problems = await headProblems((vectors) => withGradient(vectors, (dy) => tf.mul(dy, tf.tensor1d(first))));
    expect(problems).to.match(/^gradient of vectors\[\d+\] is 0, differences give/);
    const at = { x: { data: new Random(1).normals(160), shape: [20, 8] } };
    const lost = checkGradient(
      ({ x }) => tf.sum(tf.square(withGradient(x as tf.Tensor, (dy) => tf.mul(dy, tf.tensor1d(first))))),
      at,
    );
    expect(lost.length).to.be.greaterThan(10);
  });

  it("a gradient that is zero, however large the batch", async () => {
    for (const rows of [32, 4096]) {
      const problems = await lossProblems(
        (embeddings) => tf.mean(tf.square(withGradient(embeddings, tf.zerosLike))),
        rows,
      );
      expect(problems, `${rows} rows`).to.match(/^gradient of embeddings(\[\d+\]| along a random direction) is 0/);
    }
  });

  it("a wrong gradient of a trainable encoder", async () => {
    expect((await checkEncoder(new WrongSlope(), [1, 2, 3])).join()).to.match(/^gradient of parameters\/kernel\[0\]/);
  });

  it("what goes wrong in training alone", async () => {
    const throwing = await headProblems((vectors, { training }) => {
      if (training) throw new TypeError("no such thing");
      return vectors;
    });
    expect(throwing).to.equal("in training it throws TypeError: no such thing");
    const random = await headProblems(
      (vectors, { training }) => (training ? tf.dropout(vectors, 0.5) : vectors) as never,
    );
    expect(random).to.match(/^in training it gives other numbers when it is run again/);
    expect(
      await headProblems((vectors, { training, noise }) =>
        training ? tf.mul(vectors, tf.add(noise.uniform([8]), 0.5)) : vectors,
      ),
    ).to.equal("");
    const always = await headProblems((vectors, { noise }) => tf.mul(vectors, tf.add(noise.uniform([8]), 0.5)));
    expect(always).to.match(/^in inference it gives other numbers/);
  });

  it("random numbers of one's own, however small", async () => {
    const problems = await lossProblems((rows) => tf.mul(tf.mean(tf.square(rows)), 1 + 0.001 * unseeded.uniform()));
    expect(problems).to.match(/^the loss gives other numbers when it is run again: value\[0\] is /);
    const start = (): Init => ({ parameters: { scale: { data: Float32Array.of(unseeded.uniform()), shape: [1] } } });
    expect((await checkHead(new BrokenHead((vectors) => vectors, {}, start)))[0]).to.match(
      /^initialize gives other numbers for the same seed: parameters\/scale\[0\]/,
    );
    expect((await checkEncoder(new TimesEncoder(1, () => String(unseeded.uniform())), [1, 2])).join("\n")).to.match(
      /^fingerprint\(\) is another each time/,
    );
  });

  it("numbers that are read back", async () => {
    expect(await lossProblems((rows) => tf.mul(tf.mean(tf.square(rows)), rows.dataSync().length / 64))).to.match(
      /^the loss reads the numbers of a tensor/,
    );
    expect(await headProblems((vectors) => (vectors.arraySync(), vectors))).to.match(
      /^in inference it reads the numbers of a tensor[^]*in training it reads the numbers of a tensor/,
    );
  });

  it("tensors that are left behind", async () => {
    const keep = <T extends tf.Tensor>(tensor: T): T => {
      for (let i = 0; i < 50; i += 1) kept.push(tf.keep(tf.zerosLike(tensor)));
      return tensor;
    };
    expect(await headProblems((vectors) => keep(vectors))).to.match(/^in inference it leaves 50 tensors behind/);
    expect(await lossProblems((rows) => tf.mean(tf.square(keep(rows))))).to.match(/^the loss leaves 50 tensors behind/);
    const encoder = new TimesEncoder(1, undefined, () => kept.push(tf.scalar(1)));
    expect((await checkEncoder(encoder, [1, 2])).join("\n")).to.equal(
      "embed leaves 1 tensors behind each time it is run",
    );
  });

  it("a loss that is not one number, before anything else", async () => {
    expect(await lossProblems((embeddings) => tf.mean(tf.square(embeddings), 1))).to.match(
      /^the value has shape \[4\], it must be a scalar: one number, such as the mean$/m,
    );
    const at = { x: { data: Float32Array.of(1, 2), shape: [2] } };
    expect(checkGradient(({ x }) => tf.square(x as tf.Tensor) as tf.Scalar, at)).to.deep.equal([
      "the value has shape [2], it must be a scalar: one number, such as the mean",
    ]);
  });
});

describe("Checks for parts of one's own take small parameters as they are:", () => {
  const options = { embeddingSize: 6, groups: 4 };
  for (const loss of [
    new ArcFaceLoss(options),
    new ProxyAnchorLoss(options),
    new SphereFaceLoss(options),
    new SoftTripleLoss(options),
  ]) {
    it(loss.type, async () => {
      const targets = { groups: Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3) };
      for (const seed of [0, 1, 2])
        expect(
          await checkLoss(loss, { ...normals(8, 6), data: new Random(seed).normals(48) }, targets, { seed }),
        ).to.deep.equal([]);
    });
  }
});
