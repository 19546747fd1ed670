import { once } from "node:events";
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect } from "chai";
import { WriterLock } from "../../lib/cache/index.js";
import { temporaryFolder } from "../support/folder.js";

const MODULE = new URL("../../lib/cache/index.ts", import.meta.url).href;

/** A thread that takes a lock when it is asked to, and keeps it. */
class Taking {
  readonly #worker = new Worker(
    `const { parentPort } = require("node:worker_threads");
     const locks = import(${JSON.stringify(import.meta.resolve("tsx/esm/api"))}).then(({ register }) => {
       register();
       return import(${JSON.stringify(MODULE)});
     });
     parentPort.on("message", async (path) => {
       const { WriterLock } = await locks;
       globalThis.lock = path === null ? globalThis.lock.release() : WriterLock.take(path);
       parentPort.postMessage((globalThis.lock ?? null) !== null);
     });`,
    { eval: true },
  );
  /** Null releases what it has. @returns whether it has a lock. */
  async ask(path: string | null): Promise<boolean> {
    const answer = once(this.#worker, "message");
    this.#worker.postMessage(path);
    const [has] = (await answer) as [boolean];
    return has;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}

describe("A writer's lock", () => {
  it("is one of all threads of a process, and is taken over from a thread that has ended", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "lock");
    {
      await using first = new Taking();
      await using second = new Taking();
      expect(await first.ask(path)).to.equal(true);
      expect(await second.ask(path), "another thread").to.equal(false);
      expect(WriterLock.take(path), "this thread").to.equal(null);
      await first.ask(null);
      expect(existsSync(path)).to.equal(false);
      expect(await second.ask(path)).to.equal(true);
    }
    expect(existsSync(path), "left by a thread that was ended").to.equal(true);
    const lock = WriterLock.take(path);
    expect(lock).not.to.equal(null);
    lock?.release();
    expect(existsSync(path)).to.equal(false);
  });

  it("goes to one of many threads that want it at once", async () => {
    await using folder = await temporaryFolder();
    await using first = new Taking();
    await using second = new Taking();
    await using third = new Taking();
    const taking = [first, second, third];
    for (let time = 0; time < 50; time += 1) {
      const path = join(folder.path, `lock${time}`);
      writeFileSync(path, "left by a crash");
      const got = await Promise.all(taking.map((thread) => thread.ask(path)));
      expect(got.filter((has) => has).length, `time ${time}`).to.equal(1);
      await taking[got.indexOf(true)]?.ask(null);
    }
  });

  it("is one for every way to write its path", async () => {
    await using folder = await temporaryFolder();
    const link = `${folder.path}-link`;
    symlinkSync(folder.path, link);
    using _removed = { [Symbol.dispose]: () => rmSync(link) };
    const first = WriterLock.take(join(folder.path, "lock"));
    expect(WriterLock.take(join(link, "lock"))).to.equal(null);
    first?.release();
    const second = WriterLock.take(join(link, "lock"));
    expect(second).not.to.equal(null);
    second?.release();
  });

  it("that another has taken over is not released by the one that had it", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "lock");
    const lock = WriterLock.take(path);
    writeFileSync(`${path}2`, "of another machine");
    renameSync(`${path}2`, path);
    lock?.release();
    lock?.release();
    expect(readFileSync(path, "utf8")).to.equal("of another machine");
  });
});
