import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program, ProgramResult } from "../../../lib/contracts/engine.js";
import { recordProgram } from "../../../lib/engine/trace/record-program.js";
import { TraceError } from "../../../lib/engine/trace/trace-error.js";
import { Random } from "../../../lib/random.js";
import { hostTensor } from "../../../lib/tensor/host.js";

const carried = { weight: hostTensor(Float32Array.of(1, 2), [2]) };
const inputs = { x: hostTensor(Float32Array.of(1, -1, 0.5, 2, 0, 3), [3, 2]) };

function refusal(program: Program): TraceError {
  try {
    recordProgram(program, carried, inputs);
  } catch (error) {
    if (error instanceof TraceError) return error;
    throw error;
  }
  throw new Error("it was recorded");
}

const noise = (count: number): Float32Array => new Random("noise").uniforms(count);
// eslint-disable-next-line no-restricted-syntax -- what a user might write
const jsRandom = (): number => Math.random();
const one: ProgramResult = { reported: {} };

describe("A recording refuses, naming the user's line,", () => {
  const refused: Readonly<Record<string, readonly [program: Program, message: RegExp]>> = {
    "reading numbers at once": [
      (_, { x }) => ({ reported: { y: (x!.dataSync()[0] as number) > 0 ? tf.neg(x!) : x! } }),
      /reads numbers of a tensor.*masks and tf\.where/u,
    ],
    "nested arrays of numbers": [(_, { x }) => ({ reported: { y: tf.tensor(x!.arraySync()) } }), /reads numbers/u],
    printing: [
      (_, { x }) => {
        tf.print(x!);
        return one;
      },
      /reads numbers of a tensor.*print.*term of the loss/u,
    ],
    "reading numbers later": [
      (_, { x }) => {
        void x!.data().then(() => expect.fail("it was read"));
        return one;
      },
      /reads numbers of a tensor \(data or array\).*processResults/u,
    ],
    "reading numbers, also when the step catches the error": [
      (_, { x }) => {
        try {
          x!.dataSync();
        } catch {
          return one;
        }
        return one;
      },
      /reads numbers/u,
    ],
    "shapes that depend on numbers": [(_, { x }) => ({ reported: { y: tf.unique(x!).values } }), /Unique/u],
    "an asynchronous program": [
      (async (_: unknown, { x }: { x: tf.Tensor }) => {
        await tf.booleanMaskAsync(x, tf.greater(x, 0));
        return one;
      }) as unknown as Program,
      /asynchronous|reads numbers/u,
    ],
    "Math.random": [(_, { x }) => ({ reported: { y: tf.mul(x!, jsRandom()) } }), /Math\.random.*mode\.noise/u],
    "random tensors without a seed": [
      (_, { x }) => ({ reported: { y: tf.add(x!, tf.randomNormal([3, 2])) } }),
      /random numbers/u,
    ],
    "dropout without a seed": [
      (_, { x }) => ({ reported: { y: tf.dropout(x!, 0.5) } }),
      /random numbers.*mode\.noise/u,
    ],
    "large random tensors with a seed": [
      () => ({ reported: { y: tf.randomUniform([40, 40], 0, 1, "float32", 7) } }),
      /\[40, 40\].*without a pattern.*mode\.noise/u,
    ],
    "large tables made of JS numbers": [
      () => ({ reported: { y: tf.tensor(noise(1001)) } }),
      /\[1001\].*without a pattern/u,
    ],
    "a new variable": [(_, { x }) => ({ reported: { y: tf.variable(x!) } }), /makes a tf\.Variable/u],
    "tensors kept beyond the step": [
      (_, { x }) => {
        tf.keep(tf.square(x!));
        return one;
      },
      /keeps a tensor.*the result of Square \[3, 2\].*carried state/u,
    ],
    "its inputs kept beyond the step": [
      (_, { x }) => {
        tf.keep(x!);
        return one;
      },
      /keeps a tensor.*one it was given/u,
    ],
    "carried tensors that are not there": [
      ({ weight }) => ({ carried: { bias: weight! }, reported: {} }),
      /"bias".*not carried/u,
    ],
    "carried tensors of another shape": [
      (_, { x }) => ({ carried: { weight: x! }, reported: {} }),
      /"weight" is float32 \[2\].*float32 \[3, 2\]/u,
    ],
    "carried tensors of another type": [
      ({ weight }) => ({ carried: { weight: tf.cast(weight!, "int32") }, reported: {} }),
      /"weight" is float32 \[2\].*int32 \[2\]/u,
    ],
    texts: [() => ({ reported: { y: tf.tensor(["a"]) } }), /string tensors/u],
    "complex numbers": [(_, { x }) => ({ reported: { y: tf.complex(x!, x!) } }), /Complex/u],
    "a recording within": [
      (_, { x }) => {
        recordProgram(() => one, {}, {});
        return { reported: { x: x! } };
      },
      /starts another recording/u,
    ],
  };
  for (const [name, [program, message]] of Object.entries(refused)) {
    it(name, () => {
      const error = refusal(program);
      expect(error.message).to.match(message);
      const hasLine = !/keeps a tensor|not carried|"weight"|asynchronous/u.test(error.message);
      if (hasLine) expect(error.where).to.match(/guards\.test\.ts:\d+:\d+$/u);
    });
  }

  it("variables and tensors from outside that it would freeze, change or free, and leaves them as they are", () => {
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, 2]), true, "mine"));
    const large = tf.tensor(noise(1001));
    try {
      expect(refusal(() => ({ reported: { y: tf.square(variable) } })).message).to.match(
        /reads the tf\.Variable "mine"/u,
      );
      const assigning: Program = (_, { x }) => {
        variable.assign(tf.sum(x!, 0) as tf.Tensor1D);
        return one;
      };
      expect(refusal(assigning).message).to.match(/assigns the tf\.Variable "mine"/u);
      const minimizing: Program = ({ weight }) => ({
        reported: { y: tf.train.sgd(0.1).minimize(() => tf.sum(tf.mul(variable, weight!)), true)! },
      });
      expect(refusal(minimizing).message).to.match(/tf\.Variable "mine"/u);
      expect(refusal(() => (variable.dispose(), one)).message).to.match(/disposes of the tf\.Variable "mine"/u);
      expect(refusal(() => (tf.dispose({ a: [large] }), one)).message).to.match(/disposes of a tensor from outside/u);
      expect(refusal(() => ({ reported: { y: tf.square(large) } })).message).to.match(
        /\[1001\] from outside.*above 1000 numbers/u,
      );
      expect([...variable.dataSync()]).to.deep.equal([1, 2]);
      expect([...large.dataSync()]).to.deep.equal([...noise(1001)]);
    } finally {
      variable.dispose();
      large.dispose();
    }
    expect(refusal(() => ({ reported: { y: tf.square(large) } })).message).to.match(/disposed/u);
  });

  it("a change of the backend", () => {
    const before = tf.getBackend();
    const changing: Program = (_, { x }) => {
      void tf.setBackend(before);
      return { reported: { x: x! } };
    };
    expect(refusal(changing).message).to.match(/changes the tfjs backend/u);
    expect(tf.getBackend()).to.equal(before);
  });
});

describe("A recording allows", () => {
  const allowed: Readonly<Record<string, Program>> = {
    "large tables that a formula gives": () => ({
      reported: {
        ...{
          eye: tf.eye(40),
          ones: tf.ones([50, 50]),
          range: tf.tensor(Float32Array.from({ length: 2000 }, (_, i) => 0.1 * i)),
        },
        ...{
          triangle: tf.tensor2d(
            Float32Array.from({ length: 1600 }, (_, i) => (i % 40 <= Math.floor(i / 40) ? 0 : -1e9)),
            [40, 40],
          ),
        },
        ...{
          stacked: tf.tensor3d(
            Int32Array.from({ length: 1800 }, (_, i) => (i % 31 === 0 ? 1 : 0)),
            [2, 30, 30],
            "int32",
          ),
        },
      },
    }),
    "small tensors of any numbers": () => ({ reported: { y: tf.tensor(noise(1000)) } }),
    "small random tensors with a seed, which are the same at every step": () => ({
      reported: { y: tf.randomUniform([4], 0, 1, "float32", 7) },
    }),
    "asking what memory is used": (_, { x }) => {
      expect(tf.memory().numTensors).to.be.greaterThan(0);
      return { reported: { x: x! } };
    },
  };
  for (const [name, program] of Object.entries(allowed)) it(name, () => void recordProgram(program, carried, inputs));

  it("JS to draw random numbers again afterwards", () => {
    expect(() => recordProgram(() => ({ reported: { y: tf.scalar(jsRandom()) } }), {}, {})).to.throw(TraceError);
    expect(jsRandom()).to.be.within(0, 1);
    tf.tidy(() => {
      const variable = tf.variable(tf.scalar(1));
      variable.assign(tf.scalar(2));
      expect([...variable.dataSync()]).to.deep.equal([2]);
      variable.dispose();
    });
  });
});
