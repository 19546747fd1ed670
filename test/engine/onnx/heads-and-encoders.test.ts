import { expect } from "chai";
import { VectorEncoder } from "likewise/encoders";
import { IdentityHead, SwitchHead } from "likewise/heads";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import { TrainableEncoder } from "../../../lib/contracts/encoder.js";
import { prefixed } from "../../../lib/tensor/tree.js";
import { ENCODER_EXAMPLES } from "../../encoders/contract-examples.js";
import { encoderClasses } from "../../encoders/running.js";
import { HEAD_EXAMPLES, headClasses } from "../../heads/examples.js";
import { onnxRuntime, type Runtime } from "../../support/onnx-runtime.js";
import { expectSame, runEagerly, runNatively } from "./both-ways.js";
import { expectOneGraph } from "./one-graph.js";
import { frozenRows, stepOf, switchedCase, type Step } from "./step-cases.js";

const PROGRAMS = ["step", "evaluate"] as const;
const SIZES = [
  [4, 3, 9],
  [128, 7, 30],
] as const;
const loss = new MultipleNegativesRankingLoss({ temperature: 0.5 });
const pairsOf = (count: number): { readonly labels: number[]; readonly subgroups: number[] } => ({
  labels: Array.from({ length: count }, (_, at) => (at === 2 ? 0 : 1)),
  subgroups: [...Array(2 * count).keys()].map((at) => at % count),
});

describe("A training step as ONNX, with numbers and gradients of the eager step and one graph for all sizes,", () => {
  let runtime: Runtime;
  before(async function () {
    runtime = await onnxRuntime(this);
  });

  async function expectParity(at: (pairs: number) => Step): Promise<void> {
    for (const name of PROGRAMS) {
      const { programs, carried, inputs } = at(4);
      const wanted = await runEagerly(programs[name], { carried, inputs });
      const got = await runNatively(runtime, programs[name], { carried, inputs });
      expectSame(got, wanted, name, { relative: 0, absolute: 1e-9, ofLargest: 1e-5 });
      for (const sizes of SIZES) expectOneGraph(at, name, sizes);
    }
  }

  const seen = new Set<unknown>();
  for (const [name, head] of HEAD_EXAMPLES) {
    seen.add(head.constructor);
    it(`is written for ${name}`, () => {
      const encoders = [["default", new VectorEncoder(head.inputSize)]] as const;
      return expectParity((pairs) =>
        stepOf({ encoders, head, loss, inputs: frozenRows(2 * pairs, head.inputSize), targets: pairsOf(pairs) }),
      );
    });
  }

  seen.add(SwitchHead);
  it("is written for SwitchHead", () =>
    expectParity((pairs) => stepOf({ ...switchedCase(2 * pairs), loss, targets: pairsOf(pairs) })));

  for (const [name, example] of Object.entries(ENCODER_EXAMPLES)) {
    const encoder = example?.make();
    if (example === null || !(encoder instanceof TrainableEncoder)) continue;
    seen.add(encoder.constructor);
    it(`is written for ${name}`, async () => {
      const collated = new Map<number, Awaited<ReturnType<typeof encoder.collate>>>();
      for (const pairs of SIZES.flat()) {
        const items = Array.from({ length: 2 * pairs }, (_, i) => example.items[i % example.items.length]);
        collated.set(pairs, await encoder.collate(items));
      }
      await expectParity((pairs) =>
        stepOf({
          encoders: [["default", encoder]],
          head: new IdentityHead(encoder.embeddingSize),
          loss,
          inputs: prefixed("inputs/default", collated.get(pairs)!),
          targets: pairsOf(pairs),
        }),
      );
    });
  }

  it("is written for every head and every trained encoder that is exported", () => {
    const trained = encoderClasses.filter(({ prototype }) => prototype instanceof TrainableEncoder);
    const missing = [...headClasses, ...trained].filter((one) => !seen.has(one));
    expect(missing.map(({ name }) => name)).to.deep.equal([]);
  });
});
