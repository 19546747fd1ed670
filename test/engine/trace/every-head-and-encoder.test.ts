import { expect } from "chai";
import { VectorEncoder } from "likewise/encoders";
import { IdentityHead, SwitchHead } from "likewise/heads";
import { MultipleNegativesRankingLoss } from "likewise/losses";
import { FrozenEncoder, TrainableEncoder } from "../../../lib/contracts/encoder.js";
import { prefixed } from "../../../lib/tensor/tree.js";
import { ENCODER_EXAMPLES } from "../../encoders/contract-examples.js";
import { encoderClasses } from "../../encoders/running.js";
import { HEAD_EXAMPLES, headClasses } from "../../heads/examples.js";
import { frozenRows, stepOf, switchedCase, type StepCase } from "../onnx/step-cases.js";
import { expectFaithful } from "./faithful.js";

const PROGRAMS = ["step", "evaluate"] as const;
const traced = new Set<unknown>();

function expectSteps<Item>(given: StepCase<Item>): void {
  const { programs, carried, inputs } = stepOf(given);
  for (const name of PROGRAMS) expectFaithful(programs[name], carried, inputs, name);
}

const pairs = { labels: [1, 1, 0, 1], subgroups: [0, 1, 2, 3, 0, 1, 2, 3] };
const loss = new MultipleNegativesRankingLoss({ temperature: 0.5 });

describe("The graph of a training step computes the step with every head", () => {
  for (const [name, head] of HEAD_EXAMPLES) {
    traced.add(head.constructor);
    it(name, () => {
      const encoders = [["default", new VectorEncoder(head.inputSize)]] as const;
      expectSteps({ encoders, head, loss, inputs: frozenRows(8, head.inputSize), targets: pairs });
    });
  }

  traced.add(SwitchHead);
  it("SwitchHead", () => {
    expectSteps({ ...switchedCase(8), loss, targets: pairs });
  });

  it("that is exported", () => {
    const missing = headClasses.filter((one) => !traced.has(one)).map(({ name }) => name);
    expect(missing, "heads without a traced step: add them to test/heads/examples.ts").to.deep.equal([]);
  });
});

describe("The graph of a training step computes the step with every encoder that is trained", () => {
  for (const [name, example] of Object.entries(ENCODER_EXAMPLES)) {
    const encoder = example?.make();
    if (example === null || !(encoder instanceof TrainableEncoder)) continue;
    traced.add(encoder.constructor);
    it(name, async () => {
      const items = Array.from({ length: 8 }, (_, i) => example.items[i % example.items.length]);
      expectSteps({
        encoders: [["default", encoder]],
        head: new IdentityHead(encoder.embeddingSize),
        loss: new MultipleNegativesRankingLoss({ temperature: 0.5 }),
        inputs: prefixed("inputs/default", await encoder.collate(items)),
        targets: pairs,
      });
    });
  }

  it("that is exported", () => {
    const missing = encoderClasses
      .filter((one) => one.prototype instanceof TrainableEncoder && !traced.has(one))
      .map(({ name }) => name);
    expect(missing, "encoders without a traced step: add them to test/encoders/contract-examples.ts").to.deep.equal([]);
    const sorts = encoderClasses.filter(
      ({ prototype }) => prototype instanceof TrainableEncoder || prototype instanceof FrozenEncoder,
    );
    expect(sorts).to.have.length(encoderClasses.length);
  });
});
