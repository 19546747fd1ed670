import { expect } from "chai";
import { map, type Observable } from "rxjs";
import { Trainer, type TrainEvent } from "likewise";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";

const train = new TinyLoader(tinySamples(6, 8), 12);

/** Warnings of the process during a run that is watched like this, and how many events another subscriber saw. */
async function run(subscribe: (events: Observable<TrainEvent>) => unknown) {
  const warnings: string[] = [];
  const note = (warning: Error): void => void warnings.push(warning.message);
  process.on("warning", note);
  try {
    const trainer = new Trainer({ progress: false, maxEpochs: 1 });
    subscribe(trainer.events$);
    let seen = 0;
    trainer.events$.subscribe(() => (seen += 1));
    await trainer.fit(new TinyModel(), { train });
    await new Promise((resolve) => setTimeout(resolve, 10)); // rxjs throws in a turn of its own
    return { seen, warnings: warnings.filter((text) => text.includes("events$")) };
  } finally {
    process.off("warning", note);
  }
}

describe("Those who watch events", () => {
  const fail = (): never => {
    throw new Error("a plot without a canvas");
  };
  const later = (): Promise<never> => Promise.resolve().then(fail);
  const ways: Readonly<Record<string, (events: Observable<TrainEvent>) => unknown>> = {
    "a function": (events) => events.subscribe(fail),
    "an object": (events) => events.subscribe({ next: fail }),
    "an asynchronous function": (events) => events.subscribe(later as () => void),
    "an operator": (events) => events.pipe(map(fail)).subscribe(),
    "the end of a pipe": (events) => events.pipe(map(({ type }) => type)).subscribe(fail),
  };
  for (const [name, subscribe] of Object.entries(ways)) {
    it(`neither fail the run nor end the process when they throw; one warning says so: ${name}`, async () => {
      const { seen, warnings } = await run(subscribe);
      expect(seen).to.be.greaterThan(4);
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/a subscriber of trainer\.events\$ has thrown.*a plot without a canvas/u);
    });
  }

  it("get every event, and hear of an error of their own operators when they ask for it", async () => {
    const types: string[] = [];
    let error: unknown = null;
    const { warnings } = await run((events) => {
      events.pipe(map(({ type }) => type)).subscribe({
        next(type) {
          expect(this).to.have.property("next");
          types.push(type);
        },
      });
      events.pipe(map(fail)).subscribe({ error: (thrown: unknown) => void (error = thrown) });
    });
    expect(types[0]).to.equal("assembled");
    expect(types.at(-1)).to.equal("stopped");
    expect((error as Error).message).to.equal("a plot without a canvas");
    expect(warnings).to.deep.equal([]);
  });
});
