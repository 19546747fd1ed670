import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

/** How a process ends that is told to during a native run. */
function ending(how: "exit" | "throw"): { readonly status: number | null; readonly stderr: string } {
  const step = fileURLToPath(new URL("./process-exit-step.ts", import.meta.url));
  const given = [...process.execArgv, "--conditions=likewise-source", "--import=tsx", step, how];
  return spawnSync(process.execPath, given, { encoding: "utf8" });
}

describe("A process that ends during a native run", () => {
  before(async function () {
    const { CompiledEngine } = await import("../../lib/engine/index.js");
    const engine = await CompiledEngine.open().catch(() => null);
    if (engine === null) this.skip();
    await engine[Symbol.asyncDispose]();
  });

  it("keeps its exit code", function () {
    this.timeout(60_000);
    const { status, stderr } = ending("exit");
    expect(stderr).to.not.contain("terminate called");
    expect(status).to.equal(3);
  });

  it("shows the error that nobody caught", function () {
    this.timeout(60_000);
    const { status, stderr } = ending("throw");
    expect(stderr).to.contain("nobody catches this").and.not.contain("terminate called");
    expect(status).to.equal(1);
  });
});
