import { expect } from "chai";
import * as tf from "likewise/tf";
import * as heads from "likewise/heads";
import type { Head } from "../../lib/contracts/head.js";
import type { PartClass } from "../../lib/contracts/part.js";
import { ConfigError } from "../../lib/errors.js";
import type { JsonObject } from "../../lib/json.js";
import { PartRegistry, type AnyPartClass } from "../../lib/model/part-registry.js";
import { Random } from "../../lib/random.js";
import { flatten, mapEntries, unflatten, type HostTree } from "../../lib/tensor/tree.js";
import { hostTensor, type HostTensor } from "../../lib/tensor/host.js";
import { expectClose, numbers } from "../support/close.js";
import { centralDifferences, expectOwnGradient, type Matrix } from "../support/gradient.js";
import { modeOf, tensorOf, uploadTree } from "../support/part.js";
import { HEAD_EXAMPLES, headClasses } from "./examples.js";
import { modeFor, run } from "./running.js";

/** Random numbers in place of the first ones, so that no gate hides a mistake. */
function stirred(head: Head): HostTree {
  const random = new Random("stirred");
  const drawn = flatten<HostTensor>(head.initialize(new Random(1)).parameters);
  return unflatten(mapEntries(drawn, ({ data, shape }) => hostTensor(random.normals(data.length, 0, 0.7), shape)));
}

function rowsFor(head: Head, count: number): number[][] {
  const random = new Random("rows");
  return Array.from({ length: count }, () => Array.from(random.normals(head.inputSize)));
}

describe("every head", () => {
  it("is in the list of examples", () => {
    expect(headClasses.length).to.be.greaterThan(3);
    // A head that needs the ways of its rows has tests of its own.
    for (const one of headClasses.filter((each) => (each as unknown) !== heads.SwitchHead))
      expect(
        HEAD_EXAMPLES.some(([, example]) => example.constructor === one),
        one.name,
      ).to.equal(true);
  });
});

for (const [name, head] of HEAD_EXAMPLES) {
  describe(`head ${name}`, () => {
    const parameters = stirred(head);
    const rows = rowsFor(head, 6);

    it("gives rows of outputSize, for no rows too", () => {
      for (const count of [0, 1, 6]) {
        const shape = tf.tidy(() => {
          const vectors = tf.zeros<tf.Rank.R2>([count, head.inputSize]);
          return tensorOf(head.apply(uploadTree(parameters), vectors, modeFor(head, true))).shape;
        });
        expect(shape).to.deep.equal([count, head.outputSize]);
      }
    });

    it("starts from numbers that the seed alone decides, all finite", () => {
      const first = flatten<HostTensor>(head.initialize(new Random("seed")).parameters);
      const second = flatten<HostTensor>(head.initialize(new Random("seed")).parameters);
      const other = flatten<HostTensor>(head.initialize(new Random("other")).parameters);
      expect(first).to.deep.equal(second);
      if ("layer0/kernel" in first) expect(first).not.to.deep.equal(other);
      for (const { data } of Object.values(first)) expect([...data].every(Number.isFinite)).to.equal(true);
    });

    it("gives each row what it would get alone and in any order", () => {
      const together = run(head, parameters, rows);
      const alone = rows.flatMap((row) => run(head, parameters, [row]));
      expectClose(together, alone, { relative: 1e-5, absolute: 1e-6 });
      const reversed = run(head, parameters, [...rows].reverse());
      expectClose(chunks(reversed, head.outputSize).reverse().flat(), together);
    });

    it("gives the same numbers in inference whatever the noise", () => {
      const first = run(head, parameters, rows, modeOf(false, "one"));
      const second = run(head, parameters, rows, modeOf(false, "two"));
      expect(first).to.deep.equal(second);
      expect(first.every(Number.isFinite)).to.equal(true);
    });

    it("stays finite for zero vectors and large ones", () => {
      const zero = Array<number>(head.inputSize).fill(0);
      const large = Array<number>(head.inputSize).fill(1e6);
      expect(run(head, parameters, [zero, large]).every(Number.isFinite)).to.equal(true);
    });

    it("comes back from its configuration as JSON", () => {
      const config = JSON.parse(JSON.stringify(head.config)) as JsonObject;
      const again = classOf(head).from(config, head.weights, parts);
      expect(again.config).to.deep.equal(head.config);
      expect(again.type).to.equal(head.type);
      expect(run(again, parameters, rows)).to.deep.equal(run(head, parameters, rows));
    });

    it("refuses a saved configuration with a missing or unknown key", () => {
      for (const key of Object.keys(head.config)) {
        const { [key]: _left, ...rest } = head.config;
        expect(() => classOf(head).from(rest, head.weights, parts)).to.throw(ConfigError, `${key}: missing`);
      }
      const more = { ...head.config, drpout: 0 };
      expect(() => classOf(head).from(more, head.weights, parts)).to.throw(ConfigError, "drpout: unknown");
    });

    it("has the gradient of its own values, by its input and by every parameter", () => {
      const cotangent = Array.from(new Random("cotangent").normals(rows.length * head.outputSize));
      const value = (given: HostTree, at: tf.Tensor2D): tf.Scalar => {
        const output = tensorOf(head.apply(uploadTree(given), at, modeFor(head, true)));
        return tf.sum(tf.mul(output, tf.tensor2d(cotangent, [rows.length, head.outputSize])));
      };
      expectOwnGradient((at) => value(parameters, at), rows);

      const flat = flatten<HostTensor>(parameters);
      for (const [path, { shape, data }] of Object.entries(flat)) {
        const at: Matrix = [Array.from(data)];
        const withValues = (row: readonly number[]): HostTree =>
          unflatten({ ...flat, [path]: hostTensor(Float32Array.from(row), shape) });
        const numeric = centralDifferences(
          (moved) => tf.tidy(() => value(withValues(moved[0] as number[]), tf.tensor2d(rows)).dataSync()[0] as number),
          at,
          1e-2,
        );
        let analytic: number[] = [];
        tf.tidy(() => {
          const tree = uploadTree(parameters);
          const compute = (given: tf.Tensor): tf.Scalar => {
            const replaced = unflatten({ ...flatten<tf.Tensor>(tree), [path]: given });
            const output = tensorOf(head.apply(replaced, tf.tensor2d(rows), modeFor(head, true)));
            return tf.sum(tf.mul(output, tf.tensor2d(cotangent, [rows.length, head.outputSize])));
          };
          analytic = numbers(
            tf
              .grad(compute)(tf.tensor(data, [...shape]))
              .dataSync(),
          );
        });
        expectClose(analytic, numeric, { relative: 2e-2, absolute: 8e-3, what: path });
      }
    });
  });
}

const parts = PartRegistry.of(
  Object.values(heads).filter((value) => typeof value === "function" && "type" in value) as unknown as AnyPartClass[],
);

function classOf(head: Head): PartClass<Head> {
  return head.constructor as unknown as PartClass<Head>;
}

function chunks(values: readonly number[], size: number): number[][] {
  return Array.from({ length: values.length / size }, (_, row) => values.slice(row * size, (row + 1) * size));
}
