import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const root = fileURLToPath(new URL("../", import.meta.url));

/** What a process looks like before and after it imports the package. */
const program = `
  const look = () => ({
    resources: process.getActiveResourcesInfo().filter((name) => /Timeout|Immediate|Worker|Socket/.test(name)),
    listeners: process.eventNames().filter((name) => !String(name).startsWith("Symbol")).map(String).sort(),
    globals: Object.keys(globalThis),
  });
  const before = look();
  await import("likewise");
  const after = look();
  const tf = await import("likewise/tf");
  console.log(JSON.stringify({ before, after, backend: tf.getBackend() ?? null }));
`;

describe('import "likewise"', () => {
  it("starts nothing: no backend, no timer, no listener, no global", async function () {
    this.timeout(20_000);
    const options = ["--conditions=likewise-source", "--import=tsx", "--input-type=module", "--eval", program];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, options, { cwd: root });
    const { before, after, backend } = JSON.parse(stdout) as Readonly<
      Record<"before" | "after", { readonly globals: readonly string[] }> & { backend: unknown }
    >;
    expect(backend).to.equal(null);
    // Tables of tfjs (one engine for all copies, and its flags) and of class-validator.
    const tables = /^(?:_tf|classValidatorMetadataStorage$)/;
    const own = after.globals.filter((name) => !before.globals.includes(name) && !tables.test(name));
    expect(own).to.deep.equal([]);
    expect({ ...after, globals: [] }).to.deep.equal({ ...before, globals: [] });
    expect(stderr).to.equal("");
  });
});
