import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { CompiledEngine } from "../../lib/engine/index.js";

/** Trains a step compiled in a process whose home is empty, and lists what is in it then. */
function homeAfterwards(telemetry: string | null): readonly string[] {
  const home = mkdtempSync(join(tmpdir(), "likewise-home-"));
  try {
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      HOME: home,
      USERPROFILE: home,
      TMPDIR: home,
      XDG_CACHE_HOME: home,
    };
    delete env["ORT_DISABLE_TELEMETRY"];
    if (telemetry !== null) env["ORT_DISABLE_TELEMETRY"] = telemetry;
    const code = `
      import { CompiledEngine } from ${JSON.stringify(new URL("../../lib/engine/index.ts", import.meta.url).href)};
      import { descend, line, origin } from ${JSON.stringify(new URL("./descend.ts", import.meta.url).href)};
      const engine = await CompiledEngine.open({ threads: 1 });
      const session = await engine.start({ descend }, origin());
      await session.run("descend", line);
      await engine[Symbol.asyncDispose]();
      console.log("trained");`;
    const given = ["--conditions=likewise-source", "--import=tsx", "--input-type=module", "--eval", code];
    const { stdout, stderr } = spawnSync(process.execPath, given, { encoding: "utf8", env });
    expect(stdout, stderr).to.contain("trained");
    return readdirSync(home, { recursive: true, encoding: "utf8" }).filter((name) =>
      /onnxruntime|mat-debug/u.test(name),
    );
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
    expect(homeAfterwards(null)).to.deep.equal([]);
  });

  it("is the user's to switch on", function () {
    this.timeout(60_000);
    // Elsewhere than on Linux and macOS it leaves no files.
    if (process.platform !== "linux") this.skip();
    expect(homeAfterwards("0")).to.not.deep.equal([]);
  });
});
