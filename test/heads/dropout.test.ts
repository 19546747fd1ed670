import { expect } from "chai";
import * as tf from "likewise/tf";
import * as heads from "likewise/heads";
import type { Head } from "../../lib/contracts/head.js";
import type { PartClass } from "../../lib/contracts/part.js";
import { PartRegistry, type AnyPartClass } from "../../lib/model/part-registry.js";
import { expectClose } from "../support/close.js";
import { dropout } from "../../lib/tensor/dropout.js";
import { Random } from "../../lib/random.js";
import { randomRows } from "../support/loss.js";
import { modeOf, tensorOf, uploadTree } from "../support/part.js";
import { HEAD_EXAMPLES, headClasses } from "./examples.js";
import { run } from "./running.js";

const { GatedHead, IdentityHead, SkipConnectionHead, SwitchHead } = heads;
const parts = PartRegistry.of(headClasses as unknown as AnyPartClass[]);

const ones = (rows: number, size: number): number[][] =>
  Array.from({ length: rows }, () => Array<number>(size).fill(1));

describe("dropout", () => {
  it("sets the wanted share to zero and scales the rest, so that the mean stays", () => {
    for (const rate of [0.1, 0.5, 0.9]) {
      const values = run(new IdentityHead(200, { dropout: rate }), {}, ones(200, 200), modeOf(true, `rate ${rate}`));
      const zeros = values.filter((value) => value === 0).length / values.length;
      expect(zeros).to.be.closeTo(rate, 0.01); // 40,000 draws: four deviations at 0.5
      for (const value of values) if (value !== 0) expect(value).to.be.closeTo(1 / (1 - rate), 1e-5);
    }
  });

  it("draws a mask of its own for every number", () => {
    const values = run(new IdentityHead(64, { dropout: 0.5 }), {}, ones(64, 64), modeOf(true));
    const rows = Array.from({ length: 64 }, (_, row) => values.slice(row * 64, row * 64 + 64).join());
    const columns = Array.from({ length: 64 }, (_, column) => values.filter((_v, i) => i % 64 === column).join());
    expect(new Set(rows).size).to.equal(64);
    expect(new Set(columns).size).to.equal(64);
  });

  it("repeats with the same noise and differs with another", () => {
    const head = new GatedHead(30, { dropout: 0.5 });
    const { parameters } = head.initialize(new Random(0));
    const once = run(head, parameters, ones(4, 30), modeOf(true, "a"));
    expect(run(head, parameters, ones(4, 30), modeOf(true, "a"))).to.deep.equal(once);
    expect(run(head, parameters, ones(4, 30), modeOf(true, "b"))).not.to.deep.equal(once);
  });

  it("is an option of every head: off in inference, on in training", () => {
    for (const headClass of headClasses) {
      const [, example] = HEAD_EXAMPLES.find(([, head]) => head.constructor === headClass) ?? [];
      if (example === undefined) continue; // SwitchHead, below
      expect(example.config, example.type).to.have.property("dropout");
      const make = (rate: number): Head =>
        (example.constructor as unknown as PartClass<Head>).from(
          { ...example.config, dropout: rate },
          example.weights,
          parts,
        );
      const [plain, head] = [make(0), make(0.5)];
      const { parameters } = plain.initialize(new Random(3));
      const rows = randomRows(new Random("rows"), 8, head.inputSize);
      const of = (one: Head, training: boolean): number[] => run(one, parameters, rows, modeOf(training));
      expect(of(head, false), head.type).to.deep.equal(of(plain, false));
      expect(of(head, true), head.type).not.to.deep.equal(of(head, false));
    }
  });

  it("of a SwitchHead comes before the ways part", () => {
    const ways = { left: new IdentityHead(30), right: new GatedHead(30) };
    const head = new SwitchHead(ways, { dropout: 0.5 });
    const { parameters } = head.initialize(new Random(0));
    const values = (training: boolean): number[] =>
      tf.tidy(() => {
        const routes = { names: ["left", "right"], ids: tf.tensor1d([0, 1], "int32") };
        const mode = { ...modeOf(training), routes };
        return [...tensorOf(head.apply(uploadTree(parameters), tf.ones([2, 30]), mode)).dataSync()];
      });
    const gate = Math.fround(values(false)[30] as number);
    expect(new Set(values(false))).to.deep.equal(new Set([1, gate]));
    expect(new Set(values(true).slice(0, 30))).to.deep.equal(new Set([0, 2]));
    expect(new Set(values(true).slice(30))).to.deep.equal(new Set([0, 2 * gate]));
  });

  it("in the layers of a skip connection leaves the way around alone", () => {
    const size = 40;
    const head = new SkipConnectionHead(size, { skipDropout: 0.5 });
    const kernel = { data: new Float32Array(size * size), shape: [size, size] };
    for (let i = 0; i < size; i += 1) kernel.data[i * size + i] = 1;
    const bias = { data: new Float32Array(size), shape: [size] };
    const gate = { data: new Float32Array(size), shape: [size] }; // sigmoid(0) = 1/2
    const values = run(head, { layer0: { kernel, bias, gate } }, ones(5, size), modeOf(true));
    // 1 + 0/2 where dropped, 1 + 2/2 where kept and doubled
    expect(new Set(values.map((value) => Number(value.toFixed(5))))).to.deep.equal(new Set([1, 2]));
  });

  it("lets the gradient through where the number stayed", () => {
    tf.tidy(() => {
      const x = tf.tensor1d([1, 2, 3, 4]);
      const noise = tf.tensor1d([0.1, 0.25, 0.7, 0.2]);
      const gradient = tf.grad((at) => tf.sum(dropout(at as tf.Tensor1D, 0.25, noise)))(x);
      expectClose(gradient.dataSync(), [0, 4 / 3, 4 / 3, 0]);
    });
  });
});
