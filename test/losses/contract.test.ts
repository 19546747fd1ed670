import { expect } from "chai";
import { LossByDataset } from "likewise/losses";
import * as tf from "likewise/tf";
import { usesMemory, type Kind } from "../../lib/contracts/index.js";
import { ConfigError } from "../../lib/errors.js";
import type { JsonObject } from "../../lib/json.js";
import { Random } from "../../lib/random.js";
import { flatten } from "../../lib/tensor/tree.js";
import { expectClose } from "../support/close.js";
import { expectOwnGradient, type Matrix } from "../support/gradient.js";
import { computeValue, judge, matrixTensor, randomRows, type PlainBatch, type PlainTargets } from "../support/loss.js";

import { uploadTree } from "../support/part.js";
import { axes, EXAMPLES, SIZE, type AnyLoss, type Example } from "./contract-examples.js";
import { LOSSES, parts } from "./exported-losses.js";

/** Rows that need both pulling and pushing: near a common direction, with a spread of their own. */
function unfinished(example: Example, seed: string): PlainBatch {
  const random = new Random(seed);
  const embeddings = randomRows(random, example.rows, SIZE, 0.4).map((row, at) =>
    row.map((v, axis) => v + (axis === at % 2 ? 1 : 0.6)),
  );
  return { embeddings, targets: example.targets, ...guideOf(example.guide) };
}

const guideOf = (guide: Matrix | undefined): { guide?: Matrix } => (guide === undefined ? {} : { guide });

const finite = (values: readonly number[]): boolean => values.every(Number.isFinite);

function expectFinite(example: Example, batch: PlainBatch, what: string): ReturnType<typeof judge> {
  const found = judge(example.loss, batch);
  expect(found.value, `${what}: value`).to.satisfy(Number.isFinite);
  expect(finite(found.gradient), `${what}: gradient ${found.gradient.join(" ")}`).to.equal(true);
  expect(finite(Object.values(found.parameterGradients).flat()), `${what}: gradients of parameters`).to.equal(true);
  return found;
}

describe("every exported loss", () => {
  it("has an example in this suite", () => {
    expect(LOSSES.map(([name]) => name)).to.include.members(["TripletLoss", "ArcFaceLoss"]);
    // The framework asks the losses inside it, never the loss itself.
    const asked = LOSSES.filter(([, lossClass]) => lossClass !== LossByDataset);
    expect(asked.map(([name]) => name).filter((name) => !(name in EXAMPLES))).to.deep.equal([]);
  });

  it("is exported under the name it is saved by", () => {
    for (const [name, { type }] of LOSSES) expect(type).to.equal(name);
  });
});

for (const [name, lossClass] of LOSSES) {
  for (const [title, example] of Object.entries(EXAMPLES[name]?.() ?? {})) {
    const { loss } = example;
    describe(`${name} (${title})`, () => {
      const batch = unfinished(example, `${name} ${title}`);

      it("comes back from its saved configuration, which must be complete and contain nothing else", () => {
        const config = JSON.parse(JSON.stringify(loss.config)) as JsonObject;
        expect(loss.type).to.equal(name);
        const again = lossClass.from(config, loss.weights, parts) as AnyLoss;
        expect(again.config).to.deep.equal(loss.config);
        expect(again.kind).to.equal(loss.kind);
        expect(judge(again, batch).value).to.equal(judge(loss, batch).value);
        for (const key of Object.keys(config)) {
          const { [key]: _left, ...rest } = config;
          expect(() => lossClass.from(rest, {}, parts), key).to.throw(ConfigError, `${key}: missing`);
        }
        expect(() => lossClass.from({ ...config, extra: 1 }, {}, parts)).to.throw(ConfigError, "extra: unknown");
      });

      it("refuses an option it does not know", () => {
        const { make = (options) => new lossClass(...([options] as never[])) } = example;
        expect(() => make({ ...loss.config, extra: 1 })).to.throw(ConfigError, "extra: unknown option; known: ");
      });

      it("declares what shared code needs to know", () => {
        expect(loss.kind).to.be.oneOf(["pair", "group", "tuple", "label"]);
        expect(loss.separable).to.be.a("boolean");
        expect(loss.closedVocabulary).to.equal("kernel" in loss.initialize(new Random(0)).parameters);
        expect(loss.distance?.name).to.be.a("string");
      });

      if (example.valueSlopes ?? true) {
        it("has the gradient that finite differences show", () => {
          const parameters = loss.initialize(new Random("parameters")).parameters;
          const value = (rows: tf.Tensor2D): tf.Scalar => computeValue(loss, rows, uploadTree(parameters), batch).value;
          expectOwnGradient(value, batch.embeddings, { step: 2e-3, relative: 5e-2, absolute: 2e-2 });
        });
      }

      it("brings together what belongs together and moves apart what does not", () => {
        const { near, targets, together, apart } = example.confused;
        const random = new Random("confused");
        // Proxies lie along the axes of their groups, so that the rows have somewhere to go.
        const proxies = "kernel" in loss.initialize(random).parameters ? axes(0.2) : undefined;
        const given = example.confused.parameters ?? proxies;
        const parameters = given === undefined ? {} : { parameters: given };
        const rest = { targets, ...parameters, ...guideOf(example.confused.guide) };
        let rows = near.map((point) => [1, 1, point === 0 ? 0.5 : -0.5, 0.2].map((v) => v + 0.1 * random.normal()));
        const meanDistance = (which: readonly (readonly [number, number])[]): number =>
          tf.tidy(() => {
            const [left, right] = [0, 1].map((side) =>
              matrixTensor(which.map((both) => rows[both[side] as number] as number[])),
            );
            return tf
              .mean(loss.distance?.pairs(left as tf.Tensor2D, right as tf.Tensor2D) ?? tf.scalar(NaN))
              .dataSync()[0] as number;
          });
        const found = (): readonly number[] => [
          judge(loss, { embeddings: rows, ...rest }).value,
          together.length === 0 ? NaN : meanDistance(together),
          apart.length === 0 ? NaN : meanDistance(apart),
        ];
        const before = found();
        for (let step = 0; step < 8; step += 1) {
          const { gradient } = judge(loss, { embeddings: rows, ...rest });
          const rate = 0.1 / Math.hypot(...gradient);
          rows = rows.map((row, i) => row.map((v, k) => v - rate * (gradient[i * SIZE + k] as number)));
        }
        const after = found();
        expect(after[0], "loss").to.be.lessThan(before[0] as number);
        if (together.length > 0) expect(after[1], "what belongs together").to.be.lessThan(before[1] as number);
        if (apart.length > 0) expect(after[2], "what belongs apart").to.be.greaterThan(before[2] as number);
      });

      it("is as low as it gets on perfect embeddings", () => {
        const found = expectFinite(example, example.perfect, "perfect");
        const { least = 0 } = example;
        expect(found.value).to.be.within(least - 1e-6, least + 2e-3);
        expect(Math.hypot(...found.gradient)).to.be.lessThan(5e-3);
      });

      if (loss.kind === "group" && example.ordered !== true) {
        it("does not depend on the order of a batch", () => {
          const order = new Random("order").shuffle(batch.embeddings.map((_, at) => at));
          const given = batch.targets["groups"] as readonly number[];
          const shuffled: PlainBatch = {
            embeddings: order.map((at) => batch.embeddings[at] as number[]),
            ...guideOf(batch.guide && order.map((at) => batch.guide?.[at] as number[])),
            targets: { groups: order.map((at) => given[at] as number) },
          };
          expectClose(judge(loss, shuffled).value, judge(loss, batch).value);
        });
      }

      it("is finite with a finite gradient on collapsed, zero, tiny, huge and equal rows", () => {
        const same = (row: readonly number[]): Matrix => batch.embeddings.map(() => row);
        const cases: Readonly<Record<string, Matrix>> = {
          collapsed: same([0.1, -0.7, 0.3, 0.2]),
          zero: same([0, 0, 0, 0]),
          "half zero": batch.embeddings.map((row, at) => (at % 2 === 0 ? row : [0, 0, 0, 0])),
          tiny: batch.embeddings.map((row) => row.map((v) => v * 1e-12)),
          huge: batch.embeddings.map((row) => row.map((v) => v * 1e6)),
          "equal in pairs": batch.embeddings.map((_, at) => batch.embeddings[at - (at % 2)] as number[]),
        };
        for (const [what, embeddings] of Object.entries(cases)) expectFinite(example, { ...batch, embeddings }, what);
      });

      it("is finite on the smallest batch of its kind", () => {
        const smallest: Readonly<Record<Kind, PlainTargets>> = {
          group: { groups: [1] },
          pair: { labels: [1], subgroups: [0, 0] },
          tuple: { positiveOwners: [0], negativeOwners: [], scores: [1] },
          label: { labels: [1] },
        };
        const count = loss.kind === "group" || loss.kind === "label" ? 1 : 2;
        const [embeddings, guide] = [batch.embeddings.slice(0, count), batch.guide?.slice(0, count)];
        expectFinite(example, { embeddings, targets: smallest[loss.kind], ...guideOf(guide) }, "smallest");
      });

      it("shows NaN instead of hiding it", () => {
        for (const place of [0, example.rows - 1]) {
          const embeddings = batch.embeddings.map((row, at) => (at === place ? [NaN, ...row.slice(1)] : row));
          expect(judge(loss, { ...batch, embeddings }).value, `row ${place}`).to.be.NaN;
        }
      });

      it("gives scalars: a value, how many units it averaged, and terms that are numbers", () => {
        const { value, weight, terms } = judge(loss, batch); // throws for another shape
        expect(value).to.be.greaterThan(0);
        expect(weight).to.be.greaterThan(0);
        expect(Object.values(terms).every(Number.isFinite)).to.equal(true);
        if (Object.keys(terms).length > 0)
          expectClose(
            Object.values(terms).reduce((sum, term) => sum + term, 0),
            value,
          );
      });

      it("trains every parameter it has", () => {
        const { parameters } = loss.initialize(new Random("parameters"));
        const { parameterGradients } = judge(loss, batch);
        expect(Object.keys(parameterGradients)).to.deep.equal(Object.keys(flatten(parameters)));
        for (const [parameter, gradient] of Object.entries(parameterGradients)) {
          expect(finite(gradient) && gradient.some((g) => g !== 0), parameter).to.equal(true);
        }
      });

      it("runs the same operations whatever the numbers are, and reads none of them back", () => {
        const parameters = loss.initialize(new Random("parameters")).parameters;
        const operations = (embeddings: Matrix): string[] => {
          const ran: string[] = [];
          const tensor = tf.Tensor.prototype as { dataSync: unknown; data: unknown };
          const kept = { dataSync: tensor.dataSync, data: tensor.data };
          tf.tidy(() => {
            const rows = matrixTensor(embeddings);
            const tree = uploadTree(parameters);
            const engine = tf.engine();
            const runKernel = engine.runKernel.bind(engine);
            const read = (): never => expect.fail("the loss reads a tensor back");
            tensor.dataSync = read;
            tensor.data = read;
            engine.runKernel = (kernel, ...rest) => {
              ran.push(kernel);
              return runKernel(kernel, ...rest);
            };
            try {
              tf.grad((x) => computeValue(loss, x as tf.Tensor2D, tree, batch).value)(rows);
            } finally {
              Object.assign(tensor, kept);
              delete (engine as Partial<typeof engine>).runKernel;
            }
          });
          return ran;
        };
        const usual = operations(batch.embeddings);
        expect(usual.length).to.be.greaterThan(10);
        expect(operations(batch.embeddings.map(() => [1, 1, 1, 1]))).to.deep.equal(usual);
      });

      if (loss.separable) {
        it("is the weighted mean of its parts when a batch is cut", () => {
          const cut = (values: readonly number[], at: number): number[][] =>
            [values.slice(0, at), values.slice(at)] as number[][];
          const at = 3;
          const samples = loss.kind === "pair" ? example.rows / 2 : example.rows;
          const parts = [0, 1].map((part) => {
            const inPart = (row: number): boolean => (row % samples < at ? 0 : 1) === part;
            return judge(loss, {
              embeddings: batch.embeddings.filter((_, row) => inPart(row)),
              ...guideOf(batch.guide?.filter((_, row) => inPart(row))),
              targets: Object.fromEntries(
                Object.entries(batch.targets).map(([key, values]) => [
                  key,
                  values.length === example.rows
                    ? values.filter((_, row) => inPart(row))
                    : (cut(values, at)[part] as number[]),
                ]),
              ),
            });
          });
          const weight = parts.reduce((sum, part) => sum + part.weight, 0);
          const whole = judge(loss, batch);
          expect(weight).to.equal(whole.weight);
          expectClose(parts.reduce((sum, part) => sum + part.value * part.weight, 0) / weight, whole.value);
        });
      }

      if (usesMemory(loss) && loss.kind === "group") {
        it("against a memory, ignores rows that are not valid, whatever numbers they hold", () => {
          const rows = randomRows(new Random("remembered"), 6, SIZE);
          const remembered = [0, 1, 2, 0, 1, 5];
          const whole = { embeddings: rows, groups: remembered, valid: remembered.map(() => 1) };
          const padded = {
            embeddings: [...rows, [3, 1, 1, 1], [-2, 0, 5, 0]],
            groups: [...remembered, 0, 0],
            valid: [...whole.valid, 0, 0],
          };
          const expected = judge(loss, { ...batch, memory: whole });
          const found = judge(loss, { ...batch, memory: padded });
          expectClose(found.value, expected.value);
          expectClose(found.gradient, expected.gradient);
          expect(found.weight).to.equal(expected.weight);
          expect(expected.value).to.be.greaterThan(0);
        });

        it("against an empty memory, has loss 0 and gradient 0", () => {
          const empty = {
            embeddings: [
              [0, 0, 0, 0],
              [0, 0, 0, 0],
            ],
            groups: [0, 0],
            valid: [0, 0],
          };
          const found = judge(loss, { ...batch, memory: empty });
          expect(found.value).to.equal(0);
          expect(found.weight).to.equal(0);
          expect(found.gradient.every((g) => g === 0)).to.equal(true);
        });
      }
    });
  }
}
