import { expect } from "chai";
import { EngineError } from "../../lib/errors.js";
import { chooseEngine, type EngineChoice } from "../../lib/engine/index.js";

/** Chooses under a value of LIKEWISE_ENGINE. */
async function choose(
  variable: string | null,
  choice?: EngineChoice,
): Promise<{ name: string; description: string; reason: string }> {
  const before = process.env["LIKEWISE_ENGINE"];
  if (variable === null) delete process.env["LIKEWISE_ENGINE"];
  else process.env["LIKEWISE_ENGINE"] = variable;
  try {
    const { engine, reason } = await chooseEngine(choice);
    await engine[Symbol.asyncDispose]();
    return { name: engine.name, description: engine.description, reason };
  } finally {
    if (before === undefined) delete process.env["LIKEWISE_ENGINE"];
    else process.env["LIKEWISE_ENGINE"] = before;
  }
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail("expected a rejection"),
    (reason: unknown) => reason as Error,
  );
}

describe("chooseEngine", () => {
  it("takes the fastest that loads and says so", async () => {
    const { name, description, reason } = await choose(null);
    expect(name).to.equal("eager");
    expect(description).to.match(/^eager on \S/);
    expect(reason).to.equal("the fastest that loads here");
  });

  it("says when an option or the environment decided", async () => {
    expect((await choose(null, { engine: "eager" })).reason).to.equal('engine: "eager"');
    expect((await choose("eager")).reason).to.equal("LIKEWISE_ENGINE=eager");
    expect((await choose("compiled", { engine: "eager" })).reason).to.equal('engine: "eager"');
  });

  it("says that threads have no effect", async () => {
    expect((await choose(null, { threads: 4 })).reason).to.equal(
      "the fastest that loads here; threads: 4 has no effect on the eager engine",
    );
    expect((await choose(null, { threads: null })).reason).to.equal("the fastest that loads here");
  });

  it("fails clearly for an engine that is not there and for an unknown value", async () => {
    for (const promise of [choose(null, { engine: "compiled" }), choose("compiled")]) {
      const error = await failure(promise);
      expect(error).to.be.instanceOf(EngineError);
      expect(error.message).to.match(/compiled engine is not part of this version; use engine: "eager"/);
    }
    expect(await failure(choose("turbo"))).to.be.instanceOf(EngineError);
  });
});
