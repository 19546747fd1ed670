import { expect } from "chai";
import * as tf from "likewise/tf";
import { prepareBackend } from "../../lib/tensor/backend.js";

let before = 0;

/** Root hooks: a backend for every test, and a proof that none leaves a tensor behind. */
export const mochaHooks = {
  async beforeAll(): Promise<void> {
    await prepareBackend();
  },
  beforeEach(): void {
    before = tf.memory().numTensors;
  },
  afterEach(this: Mocha.Context): void {
    if (this.currentTest?.state === "failed") return;
    expect(tf.memory().numTensors - before, "tensors left behind by this test").to.equal(0);
  },
};
