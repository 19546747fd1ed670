import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CompiledEngine } from "../../lib/engine/index.js";

/** Trains a step compiled in a process whose home is empty; what is in it then, and what the variable is. */
function afterTraining(telemetry: string | null): { readonly files: readonly string[]; readonly variable: string } {
  const home = mkdtempSync(join(tmpdir(), "likewise-home-"));
  try {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      HOME: home,
      USERPROFILE: home,
      TMPDIR: home,
      XDG_CACHE_HOME: home,
    };
    // In continuous integration ONNX Runtime reports nothing anyway.
    for (const name of ["ORT_DISABLE_TELEMETRY", "CI"]) Reflect.deleteProperty(env, name);
    if (telemetry !== null) env["ORT_DISABLE_TELEMETRY"] = telemetry;
    const code = `
      import { CompiledEngine } from ${JSON.stringify(new URL("../../lib/engine/index.ts", import.meta.url).href)};
      import { descend, line, origin } from ${JSON.stringify(new URL("./descend.ts", import.meta.url).href)};
      const engine = await CompiledEngine.open({ threads: 1 });
      const session = await engine.start({ descend }, origin());
      await session.run("descend", line);
      await engine[Symbol.asyncDispose]();
      console.log("trained", process.env["ORT_DISABLE_TELEMETRY"]);`;
    const given = ["--conditions=likewise-source", "--import=tsx", "--input-type=module", "--eval", code];
    const { stdout, stderr } = spawnSync(process.execPath, given, { encoding: "utf8", env });
    expect(stdout, stderr).to.match(/^trained \d$/mu);
    const files = readdirSync(home, { recursive: true, encoding: "utf8" });
    return {
      files: files.filter((name) => /onnxruntime|mat-debug/u.test(name)),
      variable: /^trained (\d)$/mu.exec(stdout)?.[1] ?? "",
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

describe("Telemetry of ONNX Runtime", () => {
  before(async function () {
    const engine = await CompiledEngine.open().catch(() => null);
    if (engine === null) this.skip();
    await engine[Symbol.asyncDispose]();
  });

  it("is off", function () {
    this.timeout(60_000);
    expect(afterTraining(null)).to.deep.equal({ files: [], variable: "1" });
  });

  it("is the user's to switch on", function () {
    this.timeout(60_000);
    expect(afterTraining("0").variable).to.equal("0");
  });
});
