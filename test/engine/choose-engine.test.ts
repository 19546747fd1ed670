import { expect } from "chai";
import { EngineError } from "../../lib/errors.js";
import type { Engine } from "../../lib/contracts/engine.js";
import { chooseEngine, type EngineChoice, type EngineOpeners } from "../../lib/engine/choose-engine.js";
import { failure } from "./descend.js";

/** Chooses under a value of LIKEWISE_ENGINE. */
async function choose(
  variable: string | null,
  choice?: EngineChoice,
  open?: EngineOpeners,
): Promise<{ name: string; description: string; reason: string }> {
  const before = process.env["LIKEWISE_ENGINE"];
  if (variable === null) delete process.env["LIKEWISE_ENGINE"];
  else process.env["LIKEWISE_ENGINE"] = variable;
  try {
    const { engine, reason } = await chooseEngine(choice, open);
    await engine[Symbol.asyncDispose]();
    return { name: engine.name, description: engine.description, reason };
  } finally {
    if (before === undefined) delete process.env["LIKEWISE_ENGINE"];
    else process.env["LIKEWISE_ENGINE"] = before;
  }
}

/** Openers of which some fail. */
function openers(failing: Readonly<Record<string, string>>): EngineOpeners {
  const open = (name: Engine["name"]) => (): Promise<Engine> => {
    const problem = failing[name];
    if (problem !== undefined) return Promise.reject(new EngineError(problem));
    const start = (): never => expect.fail("nothing is started here");
    return Promise.resolve({ name, description: name, start, [Symbol.asyncDispose]: () => Promise.resolve() });
  };
  return { compiled: open("compiled"), eager: open("eager") };
}

describe("chooseEngine", () => {
  it("takes the fastest that loads and says so", async () => {
    const { name, description, reason } = await choose(null);
    expect(name).to.equal("compiled");
    expect(description).to.match(/^compiled, onnxruntime-node /);
    expect(reason).to.equal("the fastest that loads here");
  });

  it("says when an option or the environment decided", async () => {
    expect((await choose(null, { engine: "eager" })).reason).to.equal('engine: "eager"');
    expect(await choose("eager")).to.include({ name: "eager", reason: "LIKEWISE_ENGINE=eager" });
    expect((await choose("eager")).description).to.match(/^eager on \S/);
    expect(await choose("compiled")).to.include({ name: "compiled", reason: "LIKEWISE_ENGINE=compiled" });
    expect(await choose("compiled", { engine: "eager" })).to.include({ name: "eager", reason: 'engine: "eager"' });
    expect(await choose("eager", { engine: "compiled" })).to.include({ name: "compiled" });
  });

  it("gives threads to the compiled engine, and says that they have no effect on the eager one", async () => {
    expect((await choose(null, { threads: 2 })).description).to.match(/2 threads/);
    expect((await choose(null, { threads: 2 })).reason).to.equal("the fastest that loads here");
    expect((await choose(null, { engine: "eager", threads: 4 })).reason).to.equal(
      'engine: "eager"; threads: 4 has no effect on the eager engine',
    );
    expect((await choose(null, { engine: "eager", threads: null })).reason).to.equal('engine: "eager"');
  });

  it("says why it is not the faster one, and what to do", async () => {
    const open = openers({ compiled: "onnxruntime-node is not installed; install it: npm install it" });
    expect(await choose(null, {}, open)).to.include({
      name: "eager",
      reason:
        "the fastest that loads here; not compiled: onnxruntime-node is not installed; install it: npm install it",
    });
  });

  it("fails clearly for an engine that does not load, for none that does, and for an unknown value", async () => {
    const open = openers({ compiled: "no compiled", eager: "no eager" });
    for (const promise of [choose(null, { engine: "compiled" }, open), choose("compiled", {}, open)])
      expect((await failure(promise)).message).to.equal("no compiled");
    const error = await failure(choose(null, {}, open));
    expect(error).to.be.instanceOf(EngineError);
    expect((error.cause as AggregateError).errors.length).to.equal(2);
    expect(await failure(choose("turbo"))).to.be.instanceOf(EngineError);
  });
});
