import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect } from "chai";
import * as tf from "likewise/tf";
import { VectorEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import type { Engine, Program } from "../../lib/contracts/engine.js";
import { CompiledEngine } from "../../lib/engine/index.js";
import { Random } from "../../lib/random.js";
import { hostTensor, type HostTensors } from "../../lib/tensor/host.js";
import { mapEntries } from "../../lib/tensor/tree.js";
import { expectClose } from "../support/close.js";
import { EXAMPLES } from "../losses/contract-examples.js";
import { expectOneGraph } from "./onnx/one-graph.js";
import { frozenRows, stepOf, type Step } from "./onnx/step-cases.js";

/** What is told of each set of input shapes. */
interface Compiled {
  readonly program: string;
  readonly symbolic: boolean;
  readonly loaded: boolean;
}

let engine: Engine;
let told: Compiled[] = [];
const listen = (message: unknown): void => void told.push(message as Compiled);
before(async () => {
  engine = await CompiledEngine.open({ threads: 1 });
  subscribe("likewise:compiled", listen);
});
beforeEach(() => {
  told = [];
});
after(async () => {
  unsubscribe("likewise:compiled", listen);
  await engine[Symbol.asyncDispose]();
});

const graphs = (): number => told.filter(({ loaded }) => loaded).length;

/** What it reports and makes of carried tensors, on a session of its own. */
async function alone(program: Program, carried: HostTensors, inputs: HostTensors): Promise<HostTensors> {
  await using session = await engine.start({ program }, carried);
  const reported = await session.run("program", inputs, new Random("noise"));
  return { ...reported, ...(await session.read()) };
}

function expectSame(actual: HostTensors, expected: HostTensors, what: string): void {
  expect(mapEntries(actual, ({ shape }) => shape)).to.deep.equal(mapEntries(expected, ({ shape }) => shape));
  for (const [name, { data }] of Object.entries(expected)) {
    const largest = Math.max(...Array.from(data, Math.abs));
    expectClose(actual[name]?.data, data, { relative: 1e-6, absolute: 1e-6 * largest, what: `${what}: ${name}` });
  }
}

const repeated = <T>(values: readonly T[], times: number): T[] => Array.from({ length: times }, () => values).flat();

type Example = ReturnType<(typeof EXAMPLES)[keyof typeof EXAMPLES]>[string];

/** A training step over the rows of an example, several times. */
function stepAt(example: () => Example | undefined, times: number, dropout = 0): Step {
  const { loss, targets, rows, guide = [] } = example() as Example;
  return stepOf({
    encoders: [["default", new VectorEncoder(6)]],
    head: new DenseHead(6, { outputSizes: [5, 4], activation: "tanh", dropout }),
    ...{ loss, inputs: frozenRows(rows * times, 6) },
    targets: mapEntries(targets, (values) => repeated<number>(values, times)),
    ...(loss.usesGuide ? { guide: repeated(guide, times) } : {}),
  });
}

describe("one graph for every number of rows", () => {
  it("serves all sizes after the second, with the numbers of graphs of their own", async () => {
    const carried = { w: hostTensor(new Random("w").normals(20), [5, 4]) };
    const encode: Program = ({ w }, { x }) => {
      const rows = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D);
      const centred = tf.sub(rows, tf.mean(rows, 0, true));
      return { reported: { rows: tf.div(centred, tf.add(tf.norm(centred, 2, 1, true), 1e-6)) } };
    };
    const warnings: string[] = [];
    await using session = await engine.start({ encode }, carried, (message) => warnings.push(message));
    const at = (size: number): HostTensors => ({ x: hostTensor(new Random(size).normals(size * 5), [size, 5]) });
    for (const size of [32, 7, 31, 5, 300, 4, 32, 9, 7, 257]) {
      const got = await session.run("encode", at(size));
      expect(got["rows"]?.shape).to.deep.equal([size, 4]);
    }
    expect(told.map(({ symbolic }) => symbolic)).to.deep.equal([false, ...repeated([true], 7)]);
    expect(graphs()).to.equal(2);
    for (const size of [7, 300, 1000])
      expectSame(
        { ...(await session.run("encode", at(size))), ...carried },
        await alone(encode, carried, at(size)),
        `${size}`,
      );
    expect(warnings).to.deep.equal([]);
  });

  it("serves inputs of which other dimensions differ too, and goes on when they do later", async () => {
    const norms: Program = (_carried, { x }) => ({ reported: { norms: tf.norm(x as tf.Tensor, 2, 1) } });
    await using session = await engine.start({ norms }, {});
    const expectNorms = async (rows: number, columns: number): Promise<void> => {
      const x = hostTensor(new Float32Array(rows * columns).fill(2), [rows, columns]);
      const wanted = new Float32Array(rows).fill(Math.sqrt(4 * columns));
      expectClose((await session.run("norms", { x }))["norms"]?.data, wanted, { relative: 1e-6 });
    };
    for (const rows of [6, 4, 3]) await expectNorms(rows, 5);
    expect(graphs()).to.equal(2);
    for (const [rows, columns] of [
      [6, 9],
      [4, 5],
      [11, 7],
      [3, 5],
    ] as const)
      await expectNorms(rows, columns);
    expect(graphs()).to.equal(3);
    expect(told).to.have.length(5);
  });

  it("gives way to a graph of its own for a size that is run often", async () => {
    const twice: Program = (_carried, { x }) => ({ reported: { twice: tf.mul(x as tf.Tensor, 2) } });
    await using session = await engine.start({ twice }, {});
    const run = (size: number): Promise<HostTensors> =>
      session.run("twice", { x: hostTensor(new Float32Array(size).fill(3), [size]) });
    await run(8);
    for (let i = 0; i < 40; i += 1)
      expect(await run(6)).to.deep.equal({ twice: hostTensor(new Float32Array(6).fill(6), [6]) });
    expect(told.map(({ symbolic }) => symbolic)).to.deep.equal([false, true, false]);
    await run(5);
    expect(graphs()).to.equal(3);
  });

  it("is found too when the first input was a single row, which has axes that others do not have", async () => {
    const scaled: Program = (_carried, { x }) => {
      const rows = x as tf.Tensor2D;
      return { reported: { rows: tf.div(rows, tf.sum(rows, 0, true)) } };
    };
    await using session = await engine.start({ scaled }, {});
    for (const size of [1, 8, 5, 30]) {
      const { rows } = await session.run("scaled", { x: hostTensor(new Float32Array(size * 2).fill(3), [size, 2]) });
      expectClose(rows?.data, new Float32Array(size * 2).fill(1 / size), { relative: 1e-6 });
    }
    expect(told.map(({ symbolic }) => symbolic)).to.deep.equal([false, false, true, true]);
    expect(graphs()).to.equal(3);
  });

  it("is not used where a step does other things at other sizes", async () => {
    const picky: Program = (_carried, { x }) => {
      const given = x as tf.Tensor;
      return { reported: { y: (given.shape[0] as number) > 5 ? tf.exp(given) : tf.square(given) } };
    };
    await using session = await engine.start({ picky }, {});
    const run = async (size: number): Promise<number | undefined> =>
      (await session.run("picky", { x: hostTensor(new Float32Array(size).fill(3), [size]) }))["y"]?.data[0];
    expect(await run(4)).to.equal(9);
    expect(await run(6)).to.be.closeTo(Math.exp(3), 1e-4);
    expect(await run(3)).to.equal(9);
    expect(await run(2)).to.equal(9);
    expect(await run(7)).to.be.closeTo(Math.exp(3), 1e-4);
    expect(told.map(({ symbolic }) => symbolic)).to.deep.equal([false, false, true, true, false]);
  });

  // At the first sizes of each, numbers of rows equal other numbers of the loss, or products and searches are worth doing otherwise.
  const trained: Readonly<Record<string, readonly [example: string, ...sizes: number[]]>> = {
    AnglELoss: ["defaults", 10, 3, 7],
    ArcFaceLoss: ["gentle", 2, 3, 5],
    CosFaceLoss: ["gentle", 3, 2, 7],
    CoSENTLoss: ["defaults", 10, 3, 7],
    MultipleNegativesRankingLoss: ["symmetric", 3, 2, 5],
    SoftTripleLoss: ["defaults", 5, 3, 7],
    SupervisedContrastiveLoss: ["defaults", 3, 2, 5],
    TripletLoss: ["hard", 64, 5, 33],
    VICRegLoss: ["defaults", 64, 3, 40],
  };
  for (const [type, [name, ...sizes]] of Object.entries(trained)) {
    it(`trains with ${type} and dropout as graphs of their own do`, async () => {
      const at = (times: number): Step => stepAt(() => EXAMPLES[type]?.()[name], times, 0.3);
      const { programs, carried } = at(2);
      await using session = await engine.start({ program: programs.step }, carried);
      for (const times of sizes) {
        const { inputs } = at(times);
        await session.write(carried);
        const reported = await session.run("program", inputs, new Random("noise"));
        const got = { ...reported, ...(await session.read()) };
        expectSame(got, await alone(programs.step, carried, inputs), `${name} × ${times}`);
      }
      expect(told.map(({ symbolic }) => symbolic)).to.deep.equal([false, false, true, false, true, false]);
    });
  }

  /** Of 200 rows and more, all triplets are looked at in blocks, and larger batches have more of these. */
  const inBlocks = new Set(["TripletLoss swapped all", "TripletLoss smooth all"]);
  const combinations = [
    ["step", [3, 2, 7]],
    ["step", [64, 7, 20]],
    ["evaluate", [16, 5, 30]],
  ] as const;
  for (const [type, examples] of Object.entries(EXAMPLES)) {
    it(`is found for steps and evaluations with ${type}`, () => {
      for (const name of Object.keys(examples())) {
        for (const [program, sizes] of combinations) {
          if (inBlocks.has(`${type} ${name}`) && Math.max(...sizes) > 20) continue;
          expectOneGraph((times) => stepAt(() => examples()[name], times), program, sizes);
        }
      }
    });
  }
});
