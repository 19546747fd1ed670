import { expect } from "chai";
import * as tf from "likewise/tf";
import { Head, type Init, type Mode, type Random as Source } from "likewise";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead, SkipConnectionHead } from "likewise/heads";
import { MultipleNegativesRankingLoss, TripletLoss } from "likewise/losses";
import * as optim from "likewise/optim";
import { planProgram, writeProgram } from "../../../lib/engine/compile-program.js";
import { encodeModel } from "../../../lib/engine/onnx/model.js";
import { NativeSession } from "../../../lib/engine/onnx/native-session.js";
import { PROCESSOR, loadRuntime, type NativeData, type NativeRuntime } from "../../../lib/engine/onnx/session.js";
import { layoutOf, pack } from "../../../lib/engine/packed-inputs.js";
import { recordProgram } from "../../../lib/engine/trace/trace-program.js";
import { Random } from "../../../lib/random.js";
import { hostScalar, hostTensor, type HostTensor } from "../../../lib/tensor/host.js";
import { countingArrays } from "../../support/counted-arrays.js";
import { onnxRuntime } from "../../support/onnx-runtime.js";
import { frozenRows, stepOf, type Step, type StepCase } from "./step-cases.js";

const ROWS = 256;
const WIDTH = 64;
const STEPS = 20;
/** Losses, norms and the like are some dozens of single numbers. */
const SINGLE_NUMBERS = 1024;

/** Its state is what it saw last, which no update by single numbers makes of what it was. */
class LastRows extends Head {
  readonly inputSize = WIDTH;
  readonly outputSize = WIDTH;
  readonly config = {};
  initialize(_random: Source): Init {
    return { parameters: {}, state: { last: { data: new Float32Array(ROWS * WIDTH), shape: [ROWS, WIDTH] } } };
  }
  apply(_parameters: unknown, vectors: tf.Tensor2D, { state }: Mode) {
    return {
      value: tf.add(vectors, state["last"] as tf.Tensor2D) as tf.Tensor2D,
      state: { last: tf.softmax(vectors) },
    };
  }
}

const pairs = {
  labels: Array.from({ length: ROWS / 2 }, () => 1),
  subgroups: [...Array(ROWS).keys()].map((row) => row % (ROWS / 2)),
};
const groups = { groups: [...Array(ROWS).keys()].map((row) => row % 64) };
const memory = {
  embeddings: hostTensor(new Random("memory").normals(1000 * WIDTH), [1000, WIDTH]),
  groups: hostTensor(
    Int32Array.from({ length: 1000 }, (_, row) => row % 64),
    [1000],
  ),
  valid: hostTensor(new Float32Array(1000).fill(1), [1000]),
  weight: hostScalar(0.7),
};
const base: Pick<StepCase<readonly number[]>, "encoders" | "inputs"> = {
  encoders: [["default", new VectorEncoder(WIDTH)]],
  inputs: frozenRows(ROWS, WIDTH),
};
const ranked = { ...base, head: new SkipConnectionHead(WIDTH, { skipDropout: 0.1 }), targets: pairs };
const loss = new MultipleNegativesRankingLoss({ learnScale: true });

const cases: Readonly<Record<string, () => Step>> = {
  "Adam with clipped gradients": () =>
    stepOf({ ...ranked, loss, optimizer: optim.chain(optim.clipGlobalNorm(0.1), optim.adam()) }),
  "SGD with momentum": () => stepOf({ ...ranked, loss, optimizer: optim.sgd({ momentum: 0.9 }) }),
  "layers with dropout": () =>
    stepOf({
      ...ranked,
      loss,
      head: new DenseHead(WIDTH, { outputSizes: [100, 50], dropout: 0.2 }),
      optimizer: optim.adam(),
    }),
  "state of a head": () => stepOf({ ...ranked, loss, head: new LastRows() }),
  "a memory": () => stepOf({ ...ranked, loss: new TripletLoss(), targets: groups, memory, optimizer: optim.adam() }),
};

describe("A native run of a step", () => {
  let plain: NativeRuntime;
  before(async function () {
    await onnxRuntime(this);
    plain = await loadRuntime();
  });

  for (const [name, step] of Object.entries(cases)) {
    for (const program of ["step", "accumulate"] as const) {
      it(`(${program}, ${name}) takes no memory once arrays for its results are there`, async () => {
        const { programs, carried, inputs } = step();
        let made = 0;
        const runtime: NativeRuntime = {
          ...plain,
          load: async (...given) => {
            const graph = await plain.load(...given);
            return {
              release: () => graph.release(),
              run: async (fed, targets) => {
                const results = await graph.run(fed, targets);
                for (const [output, result] of Object.entries(results))
                  if (result !== targets[output]) made += (result.data as NativeData).byteLength;
                return results;
              },
            };
          },
        };
        const session = new NativeSession(runtime, carried, { threads: 1, provider: PROCESSOR });
        const written = writeProgram(program, recordProgram(programs[program], carried, inputs), { threads: 1 });
        const layout = layoutOf(inputs);
        const compiled = planProgram(written, layout);
        await session.load(1, encodeModel(written.model), compiled.plan);
        const buffer = new ArrayBuffer(layout.bytes);
        pack(inputs, layout, buffer, new Map());
        const random = compiled.draws ? new Random("noise").state : null;
        let reports: (HostTensor | null)[] = compiled.reported.map(() => null);
        await countingArrays(async (counted) => {
          let before = { counted: 0, made: 0, held: 0 };
          for (let at = 0; at <= STEPS; at += 1) {
            const { reported } = await session.run({ graph: 1, buffer, random, reports, finite: [] });
            session.settle(true);
            // As the trainer gives them back.
            reports = compiled.reported.map(({ shape }, place) => {
              const data = reported[place];
              return data instanceof Float32Array && data.length >= 4096 ? { data, shape: [...shape] } : null;
            });
            const held = process.memoryUsage().arrayBuffers;
            if (at === 0) before = { counted: counted.bytes, made, held };
            expect(held - before.held).to.be.lessThan((at + 1) * SINGLE_NUMBERS);
          }
          expect(counted.bytes - before.counted).to.equal(0);
          expect(made - before.made).to.be.lessThan(STEPS * SINGLE_NUMBERS);
        });
        await session.close();
      });
    }
  }
});
