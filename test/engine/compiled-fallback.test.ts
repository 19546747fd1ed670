import { expect } from "chai";
import * as tf from "likewise/tf";
import type { Program } from "../../lib/contracts/engine.js";
import { CompiledEngine } from "../../lib/engine/index.js";
import { Random } from "../../lib/random.js";
import { descend, failure, line, numbersOf, origin } from "./descend.js";

/** Descends, and looks at a number while it does. */
const looking: Program = (carried, inputs, noise) => {
  (inputs["rate"] as tf.Tensor).dataSync();
  return descend(carried, inputs, noise);
};

let engine: CompiledEngine;
before(async () => {
  engine = await CompiledEngine.open({ threads: 1 });
});
after(() => engine[Symbol.asyncDispose]());

describe("a program that cannot be compiled", () => {
  it("runs eagerly from the same state, with one warning that says why", async () => {
    const warnings: string[] = [];
    await using session = await engine.start({ descend, looking }, origin(), (message) => warnings.push(message));
    await using reference = await engine.start({ descend }, origin());
    for (const program of ["descend", "looking", "looking", "descend", "descend", "looking"]) {
      const wanted = numbersOf(await reference.run("descend", line));
      expect(numbersOf(await session.run(program, line))["loss"]).to.be.closeTo(wanted["loss"] as number, 1e-6);
      expect(numbersOf(await session.read())).to.deep.equal(numbersOf(await reference.read()));
    }
    expect(warnings.length).to.equal(1);
    expect(warnings[0]).to.match(/^program "looking" cannot be compiled and runs eagerly .*dataSync/);
  });

  it("is accepted or refused, read and written as any other", async () => {
    await using session = await engine.start({ descend, looking }, origin(), () => undefined);
    await session.run("looking", line, undefined, () => false);
    expect(numbersOf(await session.read())).to.deep.equal({ w: 0, steps: 7 });
    await session.run("looking", line);
    expect(numbersOf(await session.read((name) => name === "w"))).to.deep.equal({ w: 1.5 });
    await session.write(origin());
    expect((await failure(session.write({ v: line.rate }))).message).to.match(/no carried tensor "v"/);
    expect(numbersOf(await session.run("descend", line))).to.deep.equal({ loss: 6.5 });
  });

  it("sees the noise that it would have seen compiled", async () => {
    const peeking: Program = (_carried, _inputs, noise) => {
      const drawn = noise.uniform([3]);
      drawn.dataSync();
      return { reported: { drawn } };
    };
    const drawing: Program = (_carried, _inputs, noise) => ({ reported: { drawn: noise.uniform([3]) } });
    await using session = await engine.start({ peeking, drawing }, {}, () => undefined);
    const [left, right] = [new Random(3), new Random(3)];
    for (let i = 0; i < 3; i += 1)
      expect(await session.run("peeking", {}, left)).to.deep.equal(await session.run("drawing", {}, right));
  });

  it("says what to do when it computes with a tensor of an earlier step, which ended with it", async () => {
    const averaging = (keeps: boolean): Program => {
      let average: tf.Tensor | null = null;
      return (_carried, { rate }) => {
        const now = tf.square(rate as tf.Tensor);
        average = average === null ? now : tf.add(tf.mul(average, 0.9), tf.mul(now, 0.1));
        if (keeps) tf.keep(average);
        return { reported: { average } };
      };
    };
    await using session = await engine.start({ plain: averaging(false), kept: averaging(true) }, {}, () => undefined);
    for (const program of ["plain", "kept"]) {
      const failed = await failure(session.run(program, line));
      expect(failed).to.have.property("code", "USAGE");
      expect(failed.message).to.match(
        new RegExp(
          `^program "${program}" computes with a tensor that is disposed.*JS variable.*tf\\.keep.*state of a head`,
          "u",
        ),
      );
    }
  });

  it("is told through the process when nobody else listens", async () => {
    const told = new Promise<Error>((resolve) => process.once("warning", resolve));
    await using session = await engine.start({ looking }, origin());
    await session.run("looking", line);
    expect((await told).message).to.match(/program "looking" cannot be compiled/);
  });
});
