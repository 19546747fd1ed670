import { expect } from "chai";
import { isFittable, type FrozenEncoder } from "../../lib/contracts/encoder.js";
import { ConfigError, LikewiseError } from "../../lib/errors.js";
import type { JsonObject } from "../../lib/json.js";
import { classOf } from "../../lib/model/part-registry.js";
import { Random } from "../../lib/random.js";
import { flatten, type HostTree } from "../../lib/tensor/tree.js";
import type { HostTensor, HostTensors } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { ENCODER_EXAMPLES, type EncoderExample } from "./contract-examples.js";
import { changedLeaves } from "./changed-leaves.js";
import { gradientsOf } from "./gradients.js";
import { encoderClasses, parts, runTrainable, savedAndLoaded, vectorsOf } from "./running.js";

describe("every encoder", () => {
  it("is among the examples", () => {
    expect(encoderClasses.length).to.be.greaterThan(5);
    for (const encoderClass of encoderClasses) expect(ENCODER_EXAMPLES).to.have.property(encoderClass.type);
  });

  it("has a type name of its own", () => {
    expect(new Set(encoderClasses.map(({ type }) => type)).size).to.equal(encoderClasses.length);
  });
});

for (const [name, example] of Object.entries(ENCODER_EXAMPLES)) {
  describe(
    `encoder ${name}`,
    example === null ? () => it.skip("the files that it reads are not here") : suite(example),
  );
}

function suite({ make, others = [], items }: EncoderExample<unknown>): () => void {
  return () => {
    it("gives a finite row of embeddingSize for each item, and none for no items", async () => {
      const encoder = make();
      const vectors = await vectorsOf(encoder, items);
      expect(vectors.length).to.equal(items.length * encoder.embeddingSize);
      expect(vectors.every(Number.isFinite)).to.equal(true);
      expect((await vectorsOf(encoder, [])).length).to.equal(0);
    });

    it("gives the same numbers again, from another instance too", async () => {
      const encoder = make();
      const first = await vectorsOf(encoder, items);
      expect([...(await vectorsOf(encoder, items))]).to.deep.equal([...first]);
      expect([...(await vectorsOf(make(), items))]).to.deep.equal([...first]);
    });

    it("gives each item the row it gets alone, in any order", async () => {
      const encoder = make();
      const size = encoder.embeddingSize;
      const together = await vectorsOf(encoder, items);
      const reversed = await vectorsOf(encoder, [...items].reverse());
      for (const [i, item] of items.entries()) {
        const row = together.subarray(i * size, (i + 1) * size);
        expectClose(await vectorsOf(encoder, [item]), [...row], { relative: 1e-5, absolute: 1e-6, what: `item ${i}` });
        const at = items.length - 1 - i;
        expectClose(reversed.subarray(at * size, (at + 1) * size), [...row], { relative: 1e-5, absolute: 1e-6 });
      }
    });

    it("comes back from type, configuration and weights, with equal numbers", async () => {
      const encoder = make();
      const again = savedAndLoaded(encoder);
      expect(again.type).to.equal(encoder.type);
      expect(again.trainable).to.equal(encoder.trainable);
      expect(again.embeddingSize).to.equal(encoder.embeddingSize);
      expect(again.config).to.deep.equal(encoder.config);
      expect(again.weights).to.deep.equal(encoder.weights);
      expect([...(await vectorsOf(again, items))]).to.deep.equal([...(await vectorsOf(encoder, items))]);
      if (!encoder.trainable && !again.trainable) expect(again.fingerprint()).to.equal(encoder.fingerprint());
      expect(isFittable(again)).to.equal(isFittable(encoder));
      if (isFittable(again) && isFittable(encoder)) expect(again.fitted).to.equal(encoder.fitted);
    });

    it("refuses a saved configuration with a missing or unknown key", () => {
      const encoder = make();
      for (const key of Object.keys(encoder.config)) {
        const { [key]: _left, ...rest } = encoder.config;
        expect(() => classOf(encoder).from(rest, encoder.weights, parts)).to.throw(ConfigError, `${key}: missing`);
      }
      const more = { ...encoder.config, dimension: 3 };
      expect(() => classOf(encoder).from(more, encoder.weights, parts)).to.throw(ConfigError, "dimension: unknown");
    });

    it("has a fingerprint, when frozen, that changes with everything that changes the output", () => {
      const fingerprints = [make, make, ...others].flatMap((one) => {
        const encoder = one();
        return encoder.trainable ? [] : [encoder.fingerprint()];
      });
      const encoder = make();
      if (encoder.trainable) return;
      expect(fingerprints[0]).to.equal(fingerprints[1]);
      expect(new Set(fingerprints).size).to.equal(1 + others.length);
    });

    it("has another fingerprint, when frozen, for each value of its configuration and each weight, if it takes them", () => {
      const encoder = make();
      if (encoder.trainable) return;
      const expectOther = (config: JsonObject, weights: HostTensors, what: string): void => {
        let other: FrozenEncoder<unknown>;
        try {
          other = classOf(encoder).from(config, weights, parts) as FrozenEncoder<unknown>;
        } catch (error) {
          expect(error, what).to.be.instanceOf(LikewiseError);
          return;
        }
        expect(other.fingerprint(), what).not.to.equal(encoder.fingerprint());
      };
      for (const { path, config } of changedLeaves(encoder.config)) expectOther(config, encoder.weights, path);
      for (const [name, { data, shape }] of Object.entries(encoder.weights)) {
        for (const at of new Set([0, data.length - 1])) {
          const copy = data.slice();
          copy[at] = (copy[at] as number) + 1;
          const weights = { ...encoder.weights, [name]: { data: copy, shape } } as HostTensors;
          expectOther(encoder.config, weights, `${name}[${at}]`);
        }
      }
    });

    it("starts, when trainable, from finite numbers that the seed decides, and does not change them", async () => {
      const encoder = make();
      if (!encoder.trainable) return;
      const init = encoder.initialize(new Random("seed"));
      const numbers = flatten<HostTensor>(init.parameters);
      expect(flatten<HostTensor>(encoder.initialize(new Random("seed")).parameters)).to.deep.equal(numbers);
      expect(Object.keys(numbers)).to.have.length.greaterThan(0);
      const copies = Object.values(numbers).map(({ data }) => data.slice());
      const inputs = await encoder.collate(items);
      const { shape } = runTrainable(encoder, inputs, init, true);
      expect(shape).to.deep.equal([items.length, encoder.embeddingSize]);
      expect(Object.values(numbers).map(({ data }) => data)).to.deep.equal(copies);
    });

    it("passes gradients, when trainable, to every parameter as differences of its own output show", async () => {
      const encoder = make();
      if (!encoder.trainable) return;
      const init = encoder.initialize(new Random("seed"));
      const numbers = flatten<HostTensor>(init.parameters);
      const inputs = await encoder.collate(items);
      const cotangent = new Random("cotangent").normals(items.length * encoder.embeddingSize);
      const value = (parameters: HostTree): number =>
        runTrainable(encoder, inputs, { ...init, parameters }, true).values.reduce(
          (sum, output, i) => sum + output * (cotangent[i] as number),
          0,
        );
      const found = gradientsOf(encoder, inputs, init, cotangent);
      for (const [path, { data, shape }] of Object.entries(numbers)) {
        const stride = Math.max(1, Math.floor(data.length / 12));
        for (let at = 0; at < data.length; at += stride) {
          const moved = (by: number): HostTree => {
            const copy = data.slice();
            copy[at] = (copy[at] as number) + by;
            return { ...numbers, [path]: { data: copy, shape } };
          };
          const expected = (value(moved(0.01)) - value(moved(-0.01))) / 0.02;
          expectClose([found[path]?.[at]], [expected], { relative: 3e-2, absolute: 1e-2, what: `${path}[${at}]` });
        }
      }
    });
  };
}
