import { expect } from "chai";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import * as tf from "likewise/tf";
import type { Engine, Program, Session } from "../../lib/contracts/engine.js";
import { CompiledEngine } from "../../lib/engine/index.js";
import { Random } from "../../lib/random.js";
import { hostScalar, type HostTensors } from "../../lib/tensor/host.js";
import { descend, line, numbersOf, origin } from "./descend.js";

/** Adds a random number and the input to what is carried, and reports the sum. */
const add: Program = (carried, inputs, noise) => {
  const drawn = tf.add(noise.uniform([]), inputs["value"] as tf.Tensor);
  const sum = tf.add(carried["sum"] as tf.Tensor, drawn);
  return { carried: { sum }, reported: { sum } };
};

const value = (number: number): HostTensors => ({ value: hostScalar(number) });
const sumOf = ({ sum }: HostTensors): number => sum?.data[0] as number;

describe("A run that is started ahead", () => {
  let engine: Engine;
  let started: boolean[] = [];
  const note = (message: unknown): void => void started.push((message as { readonly ahead: boolean }).ahead);
  before(async () => {
    engine = await CompiledEngine.open({ threads: 1 });
    subscribe("likewise:native-run", note);
  });
  beforeEach(() => {
    started = [];
  });
  after(async () => {
    unsubscribe("likewise:native-run", note);
    await engine[Symbol.asyncDispose]();
  });

  const open = (): Promise<Session & Required<Pick<Session, "ahead">>> =>
    engine.start({ add, descend }, { ...origin(), sum: hostScalar(0) }) as never;

  it("gives the numbers of runs one after the other", async () => {
    const inputs = [1, 2, 3, 4, 5, 6].map(value);
    const noise = (at: number): Random => new Random(at);
    const results = async (ahead: boolean): Promise<number[]> => {
      await using session = await open();
      const sums: number[] = [];
      for (const [at, given] of inputs.entries()) {
        const running = session.run("add", given, noise(at), ["sum"]);
        const next = inputs[at + 1];
        if (ahead && next !== undefined) session.ahead("add", next, noise(at + 1), ["sum"]);
        sums.push(sumOf(await running));
      }
      return sums;
    };
    const plain = await results(false);
    started = [];
    expect(await results(true)).to.deep.equal(plain);
    // While the first is compiled nothing can be started.
    expect(started).to.deep.equal([false, false, true, true, true, true]);
  });

  it("leaves the random stream where a run leaves it", async () => {
    await using session = await open();
    const [first, second] = [value(1), value(2)];
    const plain = new Random(3);
    await session.run("add", first, plain);
    const ahead = new Random(3);
    session.ahead("add", second, ahead);
    expect(ahead.state).to.deep.equal(new Random(3).state);
    await session.run("add", second, ahead);
    expect(ahead.state).to.deep.equal(plain.state);
    expect(started).to.deep.equal([false, true]);
  });

  it("changes nothing until it is asked for", async () => {
    await using session = await open();
    await session.run("descend", line);
    const before = numbersOf(await session.read());
    const next = { ...line };
    session.ahead("descend", next);
    expect(numbersOf(await session.read())).to.deep.equal(before);
    expect(numbersOf(await session.read())).to.deep.equal(before);
    await session.run("descend", next);
    expect(started).to.deep.equal([false, true]);
    expect(numbersOf(await session.read())).not.to.deep.equal(before);
  });

  it("is dropped when something else is run or carried tensors are replaced", async () => {
    await using session = await open();
    const next = { ...line };
    await session.run("descend", line);
    session.ahead("descend", next);
    const second = await session.run("descend", { ...line });
    session.ahead("descend", next);
    await session.run("add", value(1), new Random(1));
    const third = await session.run("descend", next);
    session.ahead("descend", next);
    await session.write({ w: { data: new Float32Array(2), shape: [2, 1] } });
    const again = await session.run("descend", next);
    expect(started).to.deep.equal([false, false, false, false, false]);
    const losses = [second, third, again].map(({ loss }) => loss?.data[0]);
    expect(losses[2]).to.equal(6.5);
    expect(losses[1]).to.be.lessThan(losses[0] as number);
    expect(numbersOf(await session.read())["w"]).to.equal(1.5);
  });

  it("starts from the tensors as they were when the run before it does not count", async () => {
    await using session = await open();
    await session.run("add", value(1), new Random(1), ["sum"]);
    const before = sumOf(await session.read());
    const next = value(2);
    const bad = session.run("add", value(NaN), new Random(2), ["sum"]);
    session.ahead("add", next, new Random(3), ["sum"]);
    expect(sumOf(await bad)).to.be.NaN;
    const after = sumOf(await session.run("add", next, new Random(3), ["sum"]));
    expect(started).to.deep.equal([false, false, true]);
    expect(after - before).to.be.within(2, 3);
  });

  it("does not count itself when it is not finite", async () => {
    await using session = await open();
    await session.run("add", value(1), new Random(1), ["sum"]);
    const before = sumOf(await session.read());
    const next = value(Infinity);
    session.ahead("add", next, new Random(2), ["sum"]);
    expect(sumOf(await session.run("add", next, new Random(2), ["sum"]))).to.equal(Infinity);
    expect(started).to.deep.equal([false, true]);
    expect(sumOf(await session.read())).to.equal(before);
  });

  it("waits for whoever decides about the run before it", async () => {
    await using session = await open();
    await session.run("add", value(1), new Random(1));
    const before = sumOf(await session.read());
    const next = value(2);
    const running = session.run("add", value(100), new Random(2), () => false);
    session.ahead("add", next, new Random(3));
    await running;
    expect(sumOf(await session.run("add", next, new Random(3))) - before).to.be.within(2, 3);
    expect(started).to.deep.equal([false, false, false]);
  });

  it("is forgotten when the session is closed", async () => {
    const session = await open();
    await session.run("descend", line);
    session.ahead("descend", { ...line });
    await session[Symbol.asyncDispose]();
    session.ahead("descend", { ...line });
    await using other = await open();
    expect((await other.run("descend", line))["loss"]?.data[0]).to.equal(6.5);
  });
});
