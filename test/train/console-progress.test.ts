import { expect } from "chai";
import { CacheConfig, ConsoleProgress, Trainer } from "likewise";
import { formatCaching } from "../../lib/train/format-caching.js";
import { temporaryFolder } from "../support/folder.js";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 12);

/** Everything printed to an output that is, or is not, a terminal. */
async function print(isTTY: boolean, model = new TinyModel()): Promise<string> {
  let printed = "";
  // What a terminal offers that the bar uses.
  const terminal = {
    columns: 120,
    cursorTo: () => true,
    clearLine: () => true,
    clearScreenDown: () => true,
    moveCursor: () => true,
  };
  const output = {
    isTTY,
    ...(isTTY ? terminal : {}),
    write: (text: string) => {
      printed += text;
      return true;
    },
  };
  const trainer = new Trainer({ progress: false, maxEpochs: 2, sinks: [new ConsoleProgress(output, 0)] });
  await trainer.fit(model, { train, validation });
  return printed;
}

class Cached extends TinyModel {
  constructor(readonly saveDir: string) {
    super();
  }
  override configureCaches() {
    return new CacheConfig({ saveDir: this.saveDir, batchSize: 10 });
  }
}

describe("ConsoleProgress", () => {
  it("prints plain lines into a pipe", async () => {
    const printed = await print(false);
    expect(printed).to.not.include("\u001b");
    const lines = printed.trimEnd().split("\n");
    expect(lines[0]).to.match(/^TinyModel on (?:compiled, |eager on )/u);
    expect(printed).to.match(/encoders\/default +TinyEncoder +6 +frozen/u);
    expect(printed).to.match(/head +TinyHead +4 +24/u);
    expect(printed).to.match(/epoch 0, batch 1 of 4: loss [\d.]+/u);
    expect(printed).to.match(/epoch 0: train\/loss [\d.]+ .*\n/u);
    expect(printed).to.match(/validation: loss [\d.]+/u);
    expect(lines.at(-1)).to.match(/^done: 2 epochs done \(maxEpochs\); 8 steps in [\d.]+ s$/u);
  });

  it("draws a bar with loss and validation figures on a terminal", async () => {
    const printed = await print(true);
    expect(printed).to.match(/epoch 0 .*█/u);
    expect(printed).to.match(/4\/4.*loss [\d.]+/u);
    const switchedOff = printed.split("\u001b[?").filter((rest, at) => at > 0 && /^\d+l/u.test(rest));
    expect(switchedOff, "nothing to be undone when the process is ended").to.deep.equal([]);
    expect(printed).to.match(/epoch 1 .*validation\/loss [\d.]+/u);
  });

  it("says how caching goes: rate, what was encoded, loaded and hit, bytes; on a terminal in one line that is drawn again", async () => {
    await using folder = await temporaryFolder();
    const lines = (await print(false, new Cached(folder.path)))
      .split("\n")
      .filter((line) => line.startsWith("Caching"));
    expect(lines.length).to.be.greaterThan(1);
    expect(lines.at(-1)).to.match(
      /^Caching default: 72 items \(\d+\/s, [\d.]+ s\), encoded 72, loaded 0, 0 hits, 0\.0 MB in memory, 0\.0 MB on disk$/u,
    );
    const drawn = (await print(true, new Cached(folder.path)))
      .split("\r\u001b[K")
      .filter((text) => text.startsWith("Caching"));
    expect(drawn.at(-1)).to.match(/encoded 0, loaded 72, 72 hits, .* on disk\n/u);
    expect(drawn.slice(0, -1).join("")).to.not.include("\n");
  });

  it("says how much time caching still needs when the number of items is known", () => {
    const event = {
      ...({ type: "caching", encoder: "text", done: 500, total: 2000, computed: 300, loaded: 150, hits: 200 } as const),
      ...{ memoryBytes: 2_500_000, diskBytes: 0, seconds: 0.5, finished: false },
    };
    const rest = "encoded 300, loaded 150, 200 hits, 2.5 MB in memory";
    expect(formatCaching(event)).to.equal(`Caching text: 500 of 2000 items (1000/s, 2 s left), ${rest}`);
    expect(formatCaching({ ...event, total: null })).to.equal(`Caching text: 500 items (1000/s), ${rest}`);
    expect(formatCaching({ ...event, done: 2000, finished: true })).to.match(
      /^Caching text: 2000 items \(4000\/s, 0.5 s\), /u,
    );
  });
});
