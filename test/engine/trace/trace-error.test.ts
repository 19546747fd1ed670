import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { LikewiseError } from "likewise";
import { innerFolders, TraceError, userLine } from "../../../lib/engine/trace/trace-error.js";

const lib = fileURLToPath(new URL("../../../lib/", import.meta.url));

describe("The user's line in a stack", () => {
  const stack = (...frames: string[]): string =>
    ["Error: here", ...frames.map((frame) => `    at ${frame}`)].join("\n");

  it("is the innermost that is neither tfjs, nor the engine, nor Node", () => {
    const frames = [
      `TraceBackend.refuse (${lib}engine/trace/trace-backend.ts:50:19)`,
      "Engine.runKernel (/home/me/node_modules/@tensorflow/tfjs-core/dist/engine.js:450:22)",
      "square_ (/home/me/tfjs-core/src/ops/square.ts:38:17)",
      `file://${lib}tensor/differentiate.ts:33:5`,
      "Array.map (<anonymous>)",
      "processTicksAndRejections (node:internal/process/task_queues:95:5)",
    ];
    expect(
      userLine(stack(...frames, "MyLoss.compute (file:///home/me/my%20loss.ts:7:9)", "main (/home/me/main.ts:1:1)")),
    ).to.equal("/home/me/my loss.ts:7:9");
    expect(userLine(stack(...frames, "async /home/me/main.ts:3:4"))).to.equal("/home/me/main.ts:3:4");
    expect(
      userLine(stack(...frames, "async Promise.all (index 0)", "new Thing (/home/me/engine/a (b).ts:1:2)")),
    ).to.equal("/home/me/engine/a (b).ts:1:2");
    expect(userLine(stack(...frames))).to.equal(null);
    expect(userLine(undefined)).to.equal(null);
  });

  it("is found in an installed package, with source maps and without", () => {
    const folder = "/home/me/node_modules/likewise";
    const folders = innerFolders(`file://${folder}/dist/lib/engine/trace/trace-error.js`);
    const mine = "MyLoss.compute (/home/me/loss.ts:7:9)";
    for (const [lib, ending] of [
      ["dist/lib", "js"],
      ["lib", "ts"],
    ] as const) {
      const frames = ["engine/trace/trace-error", "engine/trace/trace-backend", "tensor/differentiate"].map(
        (file) => `new TraceError (${folder}/${lib}/${file}.${ending}:10:46)`,
      );
      expect(userLine(stack(...frames, mine), folders)).to.equal("/home/me/loss.ts:7:9");
    }
    const own = "MyLoss.compute (/home/me/lib/engine/loss.ts:7:9)";
    expect(userLine(stack(own), folders)).to.equal("/home/me/lib/engine/loss.ts:7:9");
  });

  it("is in the message of the error, which says its code", () => {
    const error = new TraceError("the step sings");
    expect(error).to.be.instanceOf(LikewiseError);
    expect(error.code).to.equal("TRACE");
    expect(error.message).to.match(/^the step sings \(at .*trace-error\.test\.ts:\d+:\d+\)$/u);
    expect(new TraceError("the step sings", null).message).to.equal("the step sings");
  });
});
