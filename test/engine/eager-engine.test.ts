import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program, Session } from "../../lib/contracts/engine.js";
import { UsageError } from "../../lib/errors.js";
import { EagerEngine } from "../../lib/engine/index.js";
import { Random } from "../../lib/random.js";
import { differentiate } from "../../lib/tensor/differentiate.js";
import { hostScalar, hostTensor, type HostTensors } from "../../lib/tensor/host.js";
import { expectClose } from "../support/close.js";

/** One step of gradient descent on (w·x - y)², reporting the loss before it. */
const descend: Program = (carried, inputs) => {
  const { value, gradients } = differentiate({ w: carried["w"] as tf.Tensor }, ({ w }) => ({
    value: tf.mean(
      tf.squaredDifference(tf.matMul(inputs["x"] as tf.Tensor2D, w as tf.Tensor2D), inputs["y"] as tf.Tensor),
    ) as tf.Scalar,
    rest: {},
  }));
  const step = tf.mul(gradients["w"] as tf.Tensor, inputs["rate"] as tf.Tensor);
  return { carried: { w: tf.sub(carried["w"] as tf.Tensor, step) }, reported: { loss: value } };
};

const line = {
  x: hostTensor(Float32Array.of(1, 0, 0, 1), [2, 2]),
  y: hostTensor(Float32Array.of(3, -2), [2, 1]),
  rate: hostScalar(0.5),
};
const start = (): HostTensors => ({
  w: hostTensor(new Float32Array(2), [2, 1]),
  steps: hostTensor(Int32Array.of(7), []),
});

/** Opens a session for a body, and expects that nothing is left afterwards, thrown or not. */
async function within(
  programs: Record<string, Program>,
  carried: HostTensors,
  body: (session: Session) => Promise<void>,
): Promise<void> {
  const before = tf.memory().numTensors;
  {
    await using engine = await EagerEngine.open();
    await using session = await engine.start(programs, carried);
    const open = tf.memory().numTensors;
    expect(open - before).to.equal(Object.keys(carried).length);
    await body(session);
    expect(tf.memory().numTensors, "only the carried tensors are held between runs").to.equal(open);
  }
  expect(tf.memory().numTensors, "nothing is held after closing").to.equal(before);
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail("expected a rejection"),
    (reason: unknown) => reason as Error,
  );
}

describe("EagerEngine", () => {
  it("carries tensors from run to run and reports to the host", () =>
    within({ descend }, start(), async (session) => {
      const losses: number[] = [];
      for (let i = 0; i < 30; i += 1) losses.push((await session.run("descend", line))["loss"]?.data[0] as number);
      expect(losses[0]).to.equal(6.5);
      expect(losses[29]).to.be.lessThan(1e-6);
      expectClose((await session.read())["w"]?.data, [3, -2], { absolute: 1e-3 });
    }));

  it("holds as many tensors and as much backend memory after 500 runs as after 50", () =>
    within({ descend }, start(), async (session) => {
      const count = (): number[] => [tf.memory().numTensors, tf.memory().numDataBuffers, tf.backend().numDataIds()];
      let early: number[] = [];
      for (let i = 1; i <= 500; i += 1) {
        await session.run("descend", line);
        if (i === 50) early = count();
      }
      expect(count()).to.deep.equal(early);
    }));

  it("reads copies, all of them or those that match, with their types", () =>
    within({ descend }, start(), async (session) => {
      const all = await session.read();
      expect(Object.keys(all)).to.deep.equal(["w", "steps"]);
      expect(all["steps"]?.data).to.be.instanceOf(Int32Array);
      (all["w"] as { data: Float32Array }).data.fill(99);
      expect(await session.read((name) => name === "w")).to.deep.equal({
        w: { data: new Float32Array(2), shape: [2, 1] },
      });
    }));

  it("writes tensors of known names, shapes and types, all or none", () =>
    within({ descend }, start(), async (session) => {
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
    within({ descend }, start(), async (session) => {
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
    }));

  it("leaves everything as it was when a program throws, also in the middle of a gradient", () => {
    const failing: Program = (carried, inputs) => {
      descend(carried, inputs, { uniform: () => tf.scalar(0) });
      differentiate(carried, () => {
        tf.square(tf.exp(carried["w"] as tf.Tensor));
        throw new Error("in the middle");
      });
      return { reported: {} };
    };
    return within({ failing, descend }, start(), async (session) => {
      expect((await failure(session.run("failing", line))).message).to.equal("in the middle");
      expect((await session.read())["w"]?.data).to.deep.equal(new Float32Array(2));
      expect((await session.run("descend", line))["loss"]?.data[0]).to.equal(6.5);
    });
  });

  it("refuses programs that return what is not carried, another shape or type, or a promise", () => {
    const returning =
      (carried: Record<string, () => tf.Tensor>): Program =>
      () => ({
        carried: Object.fromEntries(Object.entries(carried).map(([name, make]) => [name, make()])),
        reported: {},
      });
    const programs = {
      unknown: returning({ w: () => tf.ones([2, 1]), v: () => tf.scalar(1) }),
      shape: returning({ w: () => tf.ones([1, 2]) }),
      type: returning({ w: () => tf.ones([2, 1], "int32") }),
      later: (() => Promise.resolve({ reported: {} })) as unknown as Program,
    };
    return within(programs, start(), async (session) => {
      expect((await failure(session.run("unknown", {}))).message).to.match(
        /program "unknown": there is no carried tensor "v"/,
      );
      expect((await failure(session.run("shape", {}))).message).to.match(/\[2, 1\], got float32 \[1, 2\]/);
      expect((await failure(session.run("type", {}))).message).to.match(/got int32/);
      expect((await failure(session.run("later", {}))).message).to.match(/asynchronous/);
      const error = await failure(session.run("missing", {}));
      expect(error).to.be.instanceOf(UsageError);
      expect(error.message).to.equal('there is no program "missing"; this session has unknown, shape, type, later');
      expect((await session.read())["w"]?.data).to.deep.equal(new Float32Array(2));
    });
  });

  it("keeps apart tensors that a program returns twice, passes through, or took from outside", async () => {
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
        const previous = i === 0 ? 0 : 10 * (i - 1) + 1;
        expect(numbersOf(reported)).to.deep.equal({
          fresh: 10 * i + 1,
          again: 10 * i + 1,
          old: previous,
          given: 10 * i,
          outside: 1,
        });
        expect(numbersOf(await session.read())).to.deep.equal({
          a: 10 * i + 1,
          b: 10 * i + 1,
          c: previous,
          d: 10 * i,
          e: 1,
          f: 0,
        });
      }
    });
    expect(outside.isDisposed).to.equal(false);
    outside.dispose();
  });

  it("draws noise from the stream it is given, and says so when there is none", () => {
    const draw: Program = (_carried, _inputs, noise) => ({
      reported: { a: noise.uniform([3, 2]), b: noise.uniform([]) },
    });
    return within({ draw }, {}, async (session) => {
      const first = await session.run("draw", {}, new Random(5).fork("noise"));
      const again = await session.run("draw", {}, new Random(5).fork("noise"));
      const other = await session.run("draw", {}, new Random(6).fork("noise"));
      expect(again).to.deep.equal(first);
      expect(other["a"]?.data).to.not.deep.equal(first["a"]?.data);
      expect(first["a"]?.shape).to.deep.equal([3, 2]);
      expect(first["a"]?.data[0]).to.not.equal(first["b"]?.data[0]);
      expect((await failure(session.run("draw", {}))).message).to.match(/no random stream/);
    });
  });

  it("lets timers and signals have their turn between runs", async () => {
    const slow: Program = () => {
      const end = performance.now() + 4;
      while (performance.now() < end);
      return { reported: {} };
    };
    await within({ slow }, {}, async (session) => {
      let ticks = 0;
      const timer = setInterval(() => (ticks += 1), 1);
      for (let i = 0; i < 40; i += 1) await session.run("slow", {});
      clearInterval(timer);
      expect(ticks).to.be.greaterThan(4);
    });
  });

  it("does one thing at a time", () =>
    within({ descend }, start(), async (session) => {
      const running = session.run("descend", line);
      const errors = await Promise.all([
        failure(session.run("descend", line)),
        failure(session.read()),
        failure(session.write(start())),
      ]);
      for (const error of errors) {
        expect(error).to.be.instanceOf(UsageError);
        expect(error.message).to.match(/busy with program "descend"; await that first/);
      }
      expect((await running)["loss"]?.data[0]).to.equal(6.5);
      await session.read();
    }));

  it("waits for what is running when it is closed, and refuses to go on", async () => {
    const before = tf.memory().numTensors;
    const engine = await EagerEngine.open();
    const session = await engine.start({ descend }, start());
    const running = session.run("descend", line);
    await engine[Symbol.asyncDispose]();
    expect((await running)["loss"]?.data[0]).to.equal(6.5);
    expect(tf.memory().numTensors).to.equal(before);
    expect((await failure(session.run("descend", line))).message).to.match(/closed/);
    expect((await failure(engine.start({}, {}))).message).to.match(/closed/);
    await session[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  });
});

function numbersOf(tensors: HostTensors): Record<string, number> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data[0] as number]));
}
