/** Trains a little on the backend that LIKEWISE_ENGINE names; prints one JSON object. A program of its own: a process has one backend. */
import { Trainer } from "likewise";
import { sgd } from "likewise/optim";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";

class Tiny extends TinyModel {
  override configureOptimizer() {
    return sgd({ learningRate: 0.05 });
  }
}

const losses: number[] = [];
let engine = "";
let parameters: Record<string, number[]> = {};
const trainer = new Trainer({
  ...{ progress: false, checkpoint: false, maxSteps: 1 },
  callbacks: [
    {
      readsParameters: true,
      onTrainBatchEnd: async (context) => {
        const entries = Object.entries(await context.parameters());
        parameters = Object.fromEntries(entries.map(([name, { data }]) => [name, Array.from(data)]));
      },
    },
  ],
});
trainer.events$.subscribe((event) => {
  if (event.type === "assembled") ({ engine } = event);
  if (event.type === "step") losses.push(event.loss);
});
try {
  await trainer.fit(new Tiny(), { train: new TinyLoader(tinySamples(6, 8), 12) });
  console.log(JSON.stringify({ engine, losses, parameters }));
} catch (error) {
  console.log(JSON.stringify({ problem: (error as Error).message }));
}
process.exit(0);
