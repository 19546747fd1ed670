/**
 * Trains a few steps on the execution provider that is named, then encodes batches of several sizes; prints one JSON object. A program
 * of its own: what a provider needs is found when a process starts, and some end processes that they do not work in.
 * Run: node --conditions=likewise-source --import tsx test/engine/provider-step.ts webgpu
 */
import { Trainer } from "likewise";
import { sgd } from "likewise/optim";
import { TinyLoader, TinyModel, tinySamples } from "../support/tiny.js";

class Tiny extends TinyModel {
  override configureOptimizer() {
    return sgd({ learningRate: 0.05 });
  }
}

const [executionProvider = null] = process.argv.slice(2);
const losses: number[] = [];
const warnings: string[] = [];
let engine = "";
let parameters: Record<string, number[]> = {};
const trainer = new Trainer({
  ...{ engine: "compiled", executionProvider, threads: 1, progress: false, checkpoint: false, maxEpochs: 2 },
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
  if (event.type === "warning") warnings.push(event.message);
});
try {
  // Two full batches and a short one.
  const samples = tinySamples(6, 8);
  await using model = await trainer.fit(new Tiny(), { train: new TinyLoader(samples, 20) });
  const rows = await model.encode(samples.slice(0, 5).map(({ item }) => item));
  console.log(JSON.stringify({ engine, losses, parameters, warnings, embeddings: Array.from(rows.data) }));
} catch (error) {
  console.log(JSON.stringify({ problem: (error as Error).message, code: (error as { readonly code?: string }).code }));
}
process.exit(0);
