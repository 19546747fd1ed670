import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { expectClose } from "../support/close.js";
import { vulkanDriver } from "../support/vulkan-driver.js";

interface Trained {
  readonly problem?: string;
  readonly engine: string;
  readonly losses: readonly number[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

function train(backend: string): Trained {
  const step = fileURLToPath(new URL("./webgpu-step.ts", import.meta.url));
  const ended = spawnSync(
    process.execPath,
    [...process.execArgv, "--conditions=likewise-source", "--import=tsx", step],
    {
      encoding: "utf8",
      env: { ...process.env, ...vulkanDriver, LIKEWISE_ENGINE: backend },
    },
  );
  const last = ended.stdout.trimEnd().split("\n").at(-1) ?? "";
  expect(last, ended.stderr).to.match(/^\{/u);
  return JSON.parse(last) as Trained;
}

describe("backend webgpu", () => {
  it("trains a step as the cpu backend does, where SwiftShader or a graphics driver is installed, and else says what it needs", function () {
    this.timeout(60_000);
    const webgpu = train("webgpu");
    if (webgpu.problem !== undefined) {
      expect(webgpu.problem).to.match(/graphics adapter; it needs a graphics card with a driver|npm install webgpu/u);
      console.log(`    webgpu is not compared with cpu: ${webgpu.problem}`);
      this.skip();
    }
    const cpu = train("cpu");
    expect(webgpu.engine).to.match(/webgpu \(/u);
    expect(cpu.losses.length).to.equal(1);
    expectClose(webgpu.losses, cpu.losses, { relative: 1e-4, absolute: 1e-4 });
    expect(Object.keys(webgpu.parameters)).to.deep.equal(Object.keys(cpu.parameters));
    for (const [name, values] of Object.entries(cpu.parameters))
      expectClose(webgpu.parameters[name], values, { relative: 1e-4, absolute: 1e-4, what: name });
  });
});
