import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Engine, Program, Session } from "../../lib/contracts/engine.js";
import { ConfigError, UsageError } from "../../lib/errors.js";
import { CompiledEngine, EagerEngine } from "../../lib/engine/index.js";
import { Random } from "../../lib/random.js";
import { differentiate } from "../../lib/tensor/differentiate.js";
import { hostScalar, hostTensor, type HostTensors } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";
import { descend, failure, line, numbersOf, origin } from "./descend.js";

let engine: Engine;
let eager: Engine;
before(async () => {
  engine = await CompiledEngine.open({ threads: 1 });
  eager = await EagerEngine.open();
});
after(async () => {
  await engine[Symbol.asyncDispose]();
  await eager[Symbol.asyncDispose]();
});

/** Opens a session for a body and expects that nothing could not be compiled. */
async function within(
  programs: Record<string, Program>,
  carried: HostTensors,
  body: (session: Session) => Promise<void>,
): Promise<void> {
  const warnings: string[] = [];
  await using session = await engine.start(programs, carried, (message) => warnings.push(message));
  await body(session);
  expect(warnings).to.deep.equal([]);
}

describe("CompiledEngine", () => {
  it("says what it runs on", async () => {
    expect(engine.name).to.equal("compiled");
    expect(engine.description).to.match(/^compiled, onnxruntime-node \d+\.\d+\.\d+ \(CPU, 1 thread\)$/);
    await using two = await CompiledEngine.open({ threads: 2 });
    expect(two.description).to.match(/\(CPU, 2 threads\)$/);
    await using some = await CompiledEngine.open();
    expect(some.description).to.match(/\(CPU, \d threads?\)$/);
    expect(await failure(CompiledEngine.open({ threads: 0 }))).to.be.instanceOf(ConfigError);
  });

  it("carries tensors from run to run and reports to the host", () =>
    within({ descend }, origin(), async (session) => {
      const losses: number[] = [];
      for (let i = 0; i < 30; i += 1) losses.push((await session.run("descend", line))["loss"]?.data[0] as number);
      expect(losses[0]).to.equal(6.5);
      expect(losses[29]).to.be.lessThan(1e-6);
      expectClose((await session.read())["w"]?.data, [3, -2], { absolute: 1e-3 });
    }));

  it("records a program when it first meets a shape and before it runs again, and makes no tensor afterwards", async () => {
    let calls = 0;
    const counted: Program = (carried, inputs, noise) => {
      calls += 1;
      return descend(carried, inputs, noise);
    };
    await within({ counted }, origin(), async (session) => {
      for (let i = 0; i < 2; i += 1) await session.run("counted", line);
      const recorded = calls;
      const before = tf.memory().numTensors;
      for (let i = 0; i < 20; i += 1) await session.run("counted", line);
      expect(calls).to.equal(recorded);
      expect(tf.memory().numTensors).to.equal(before);
      await session.run("counted", { ...line, x: hostTensor(Float32Array.of(1, 0), [1, 2]) });
      expect(calls).to.be.greaterThan(recorded);
    });
  });

  it("keeps the graphs of eight shapes that share none, and drops the one used longest ago", async () => {
    let calls = 0;
    // Other operations at every length.
    const add: Program = (_carried, inputs) => {
      calls += 1;
      return { reported: { sum: tf.addN(tf.unstack(inputs["x"] as tf.Tensor)) } };
    };
    await within({ add }, {}, async (session) => {
      /** Runs on a row of this length; whether it had to be recorded. */
      const recorded = async (length: number): Promise<boolean> => {
        const before = calls;
        const { sum } = await session.run("add", { x: hostTensor(new Float32Array(length).fill(3), [length]) });
        expect(sum).to.deep.equal({ data: Float32Array.of(3 * length), shape: [] });
        return calls > before;
      };
      for (let length = 1; length <= 8; length += 1) expect(await recorded(length)).to.equal(true);
      for (let length = 1; length <= 8; length += 1) expect(await recorded(length)).to.equal(false);
      expect(await recorded(9)).to.equal(true);
      expect(await recorded(2)).to.equal(false);
      expect(await recorded(1)).to.equal(true);
      expect(await recorded(3)).to.equal(true);
      expect(await recorded(2)).to.equal(false);
    });
  });

  it("reads copies, all of them or those that match, with their types", () =>
    within({ descend }, origin(), async (session) => {
      const all = await session.read();
      expect(Object.keys(all)).to.deep.equal(["w", "steps"]);
      expect(all["steps"]?.data).to.be.instanceOf(Int32Array);
      (all["w"] as { data: Float32Array }).data.fill(99);
      expect(await session.read((name) => name === "w")).to.deep.equal({
        w: { data: new Float32Array(2), shape: [2, 1] },
      });
    }));

  it("writes tensors of known names, shapes and types, all or none", () =>
    within({ descend }, origin(), async (session) => {
      const values = Float32Array.of(1, 2);
      await session.write({ w: hostTensor(values, [2, 1]) });
      values.fill(50);
      expectClose((await session.read())["w"]?.data, [1, 2]);
      for (const [wrong, message] of [
        [{ other: hostScalar(1) }, /no carried tensor "other"; there are w, steps/],
        [{ w: hostTensor(values, [1, 2]) }, /"w" is float32 \[2, 1\], got float32 \[1, 2\]/],
        [{ w: hostTensor(Int32Array.of(1, 2), [2, 1]) }, /got int32/],
      ] as [HostTensors, RegExp][]) {
        const error = await failure(session.write({ steps: hostTensor(Int32Array.of(8), []), ...wrong }));
        expect(error).to.be.instanceOf(UsageError);
        expect(error.message).to.match(message);
      }
      expect((await session.read())["steps"]?.data[0]).to.equal(7);
    }));

  it("leaves carried tensors as they were when what is reported is not accepted", () =>
    within({ descend }, origin(), async (session) => {
      const seen: (number | undefined)[] = [];
      const reported = await session.run("descend", line, undefined, ({ loss }) => {
        seen.push(loss?.data[0]);
        return false;
      });
      expect([seen, reported["loss"]?.data[0]]).to.deep.equal([[6.5], 6.5]);
      expect((await session.read())["w"]?.data).to.deep.equal(new Float32Array(2));
      const error = await failure(
        session.run("descend", line, undefined, () => {
          throw new Error("from accept");
        }),
      );
      expect(error.message).to.equal("from accept");
      expect((await session.read())["w"]?.data).to.deep.equal(new Float32Array(2));
      expect((await session.run("descend", line))["loss"]?.data[0]).to.equal(6.5);
      expect((await session.run("descend", line))["loss"]?.data[0]).to.equal(1.625);
    }));

  it("fails as the eager engine does when a program throws or returns what it must not, and changes nothing", async () => {
    const returning =
      (carried: Record<string, () => tf.Tensor>): Program =>
      () => ({
        carried: Object.fromEntries(Object.entries(carried).map(([name, make]) => [name, make()])),
        reported: {},
      });
    const programs = {
      failing: (carried: Parameters<Program>[0], inputs: Parameters<Program>[1]) => {
        descend(carried, inputs, { uniform: () => tf.scalar(0) });
        differentiate(carried, () => {
          tf.square(tf.exp(carried["w"] as tf.Tensor));
          throw new Error("in the middle");
        });
        return { reported: {} };
      },
      unknown: returning({ w: () => tf.ones([2, 1]), v: () => tf.scalar(1) }),
      shape: returning({ w: () => tf.ones([1, 2]) }),
      type: returning({ w: () => tf.ones([2, 1], "int32") }),
      later: (() => Promise.resolve({ reported: {} })) as unknown as Program,
      descend,
    };
    await using reference = await eager.start(programs, origin());
    await within(programs, origin(), async (session) => {
      for (const name of ["failing", "unknown", "shape", "type", "later", "missing", "toString"]) {
        const wanted = await failure(reference.run(name, line));
        const error = await failure(session.run(name, line));
        expect(error.message).to.equal(wanted.message);
        expect(error.constructor).to.equal(wanted.constructor);
        expect((await session.read())["w"]?.data).to.deep.equal(new Float32Array(2));
      }
      expect((await session.run("descend", line))["loss"]?.data[0]).to.equal(6.5);
    });
  });

  it("keeps apart tensors that a program returns twice, passes through, or takes from outside", async () => {
    const outside = tf.tensor1d([1, 2]);
    const shuffle: Program = (carried, inputs) => {
      const fresh = tf.add(inputs["given"] as tf.Tensor, 1);
      return {
        carried: {
          a: fresh,
          b: fresh,
          c: carried["a"] as tf.Tensor,
          d: inputs["given"] as tf.Tensor,
          e: outside,
          f: carried["f"] as tf.Tensor,
        },
        reported: { fresh, again: fresh, old: carried["a"] as tf.Tensor, given: inputs["given"] as tf.Tensor, outside },
      };
    };
    const names = ["a", "b", "c", "d", "e", "f"];
    const zero = Object.fromEntries(names.map((name) => [name, hostTensor(new Float32Array(2), [2])]));
    await within({ shuffle }, zero, async (session) => {
      for (let i = 0; i < 3; i += 1) {
        const given = Float32Array.of(10 * i, 10 * i);
        const reported = await session.run("shuffle", { given: hostTensor(given, [2]) });
        given.fill(-1);
        const [previous, now] = [i === 0 ? 0 : 10 * (i - 1) + 1, 10 * i + 1];
        const wanted = { fresh: now, again: now, old: previous, given: 10 * i, outside: 1 };
        expect(numbersOf(reported)).to.deep.equal(wanted);
        const carried = { a: now, b: now, c: previous, d: 10 * i, e: 1, f: 0 };
        expect(numbersOf(await session.read())).to.deep.equal(carried);
      }
    });
    expect(outside.isDisposed).to.equal(false);
    outside.dispose();
  });

  it("takes inputs of both types, empty ones, and ones that no program reads", () => {
    const mixed: Program = (_carried, { counts, empty, shares }) => ({
      reported: {
        doubled: tf.mul(counts as tf.Tensor, tf.scalar(2, "int32")),
        positive: tf.greater(counts as tf.Tensor, 1),
        sum: tf.add(tf.sum(empty as tf.Tensor), tf.sum(shares as tf.Tensor)),
        nothing: tf.square(empty as tf.Tensor),
      },
    });
    const inputs = {
      counts: hostTensor(Int32Array.of(1, 2, 3), [3]),
      empty: hostTensor(new Float32Array(0), [0, 4]),
      ignored: hostTensor(new Float32Array(5).fill(9), [5]),
      shares: hostTensor(Float32Array.of(0.25, 0.5), [2]),
    };
    return within({ mixed }, {}, async (session) => {
      const { doubled, positive, sum, nothing } = await session.run("mixed", inputs);
      expect(doubled).to.deep.equal({ data: Int32Array.of(2, 4, 6), shape: [3] });
      expect(positive).to.deep.equal({ data: Int32Array.of(0, 1, 1), shape: [3] });
      expect(sum).to.deep.equal({ data: Float32Array.of(0.75), shape: [] });
      expect(nothing).to.deep.equal({ data: new Float32Array(0), shape: [0, 4] });
    });
  });

  it("draws the noise that the eager engine draws, also what is not looked at, and leaves the stream where that leaves it", async () => {
    const draw: Program = (_carried, _inputs, noise) => {
      const a = noise.uniform([3, 2]);
      noise.uniform([5]);
      return { reported: { a, b: tf.add(noise.uniform([]), 1), c: noise.uniform([2]) } };
    };
    await using reference = await eager.start({ draw }, {});
    await within({ draw }, {}, async (session) => {
      const [left, right] = [new Random(5).fork("noise"), new Random(5).fork("noise")];
      for (let i = 0; i < 3; i += 1) {
        expect(await session.run("draw", {}, left)).to.deep.equal(await reference.run("draw", {}, right));
        expect(left.state).to.deep.equal(right.state);
      }
      expect((await failure(session.run("draw", {}))).message).to.equal(
        (await failure(reference.run("draw", {}))).message,
      );
    });
  });

  it("does one thing at a time in a session, and lets several sessions work at once", () =>
    within({ descend }, origin(), async (session) => {
      const running = session.run("descend", line);
      const errors = await Promise.all([
        failure(session.run("descend", line)),
        failure(session.read()),
        failure(session.write(origin())),
      ]);
      for (const error of errors) {
        expect(error).to.be.instanceOf(UsageError);
        expect(error.message).to.match(/busy with program "descend"; await that first/);
      }
      await using other = await engine.start({ descend }, origin());
      const both = await Promise.all(
        [session, other].map((each, i) => (i === 0 ? running : each.run("descend", line))),
      );
      expect(both.map(({ loss }) => loss?.data[0])).to.deep.equal([6.5, 6.5]);
      await session.read();
    }));

  it("waits for what is running when it is closed, and refuses to go on", async () => {
    const closing = await CompiledEngine.open({ threads: 1 });
    const session = await closing.start({ descend }, origin());
    const running = session.run("descend", line);
    await closing[Symbol.asyncDispose]();
    expect((await running)["loss"]?.data[0]).to.equal(6.5);
    expect((await failure(session.run("descend", line))).message).to.match(/closed/);
    expect((await failure(closing.start({}, {}))).message).to.match(/closed/);
    await session[Symbol.asyncDispose]();
    await closing[Symbol.asyncDispose]();
  });
});
