import { expect } from "chai";
import { ConsoleProgress, Trainer } from "likewise";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";

const train = new TinyLoader(tinySamples(6, 8), 12);
const validation = new TinyLoader(tinySamples(6, 4, 6, 2), 12);

/** Everything printed to an output that is, or is not, a terminal. */
async function print(isTTY: boolean): Promise<string> {
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
  await trainer.fit(new TinyModel(), { train, validation });
  return printed;
}

describe("ConsoleProgress", () => {
  it("prints plain lines into a pipe", async () => {
    const printed = await print(false);
    expect(printed).to.not.include("\u001b");
    const lines = printed.trimEnd().split("\n");
    expect(lines[0]).to.match(/^TinyModel on (?:compiled, |eager on )/u);
    expect(printed).to.match(/encoders\/default +TinyEncoder +6 +frozen/u);
    expect(printed).to.match(/head +TinyHead +4 +24/u);
    expect(printed).to.match(/epoch 1, batch 1 of 4: loss [\d.]+/u);
    expect(printed).to.match(/epoch 1: train\/loss [\d.]+ .*\n/u);
    expect(printed).to.match(/validation: loss [\d.]+/u);
    expect(lines.at(-1)).to.match(/^done: 2 epochs done \(maxEpochs\); 8 steps in [\d.]+ s$/u);
  });

  it("draws a bar with loss and validation figures on a terminal", async () => {
    const printed = await print(true);
    expect(printed).to.match(/epoch 1 .*█/u);
    expect(printed).to.match(/4\/4.*loss [\d.]+/u);
    expect(printed).to.match(/epoch 2 .*validation\/loss [\d.]+/u);
  });
});
