/**
 * One row of bench/step.ts, in a process of its own so that peak memory and warm code are its own: trains through the real trainer and
 * prints one JSON object.
 * Run: node --conditions=likewise-source --import tsx bench/step-row.ts mnr 256 compiled 1 5
 */
import { subscribe } from "node:diagnostics_channel";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Trainer, type TrainEvent } from "likewise";
import { matmulPeakGflops, type Product } from "./matmul-peak.js";
import { median, peakRssMb } from "./report.js";
import { size, stepsPerEpoch, workloads } from "./workloads.js";

const [name = "", batchText, engineText, threadsText, secondsText] = process.argv.slice(2);
const [batch, threads, seconds] = [Number(batchText), Number(threadsText), Number(secondsText)];
const engine = engineText as "eager" | "compiled";
const workload = workloads[name]?.();
if (workload === undefined) throw new Error(`unknown workload ${name}; known: ${Object.keys(workloads).join(", ")}`);

/** Steps before the first that counts: the first epoch fills caches, compiles, and warms the code up. */
const warmUp = stepsPerEpoch(batch);
const steps: number[] = [];
const epochs: number[] = [];
let native = 0;
let compileMs: number | null = null;
let seen = 0;
/** How late timers are, every millisecond; what it measures includes that one. */
const delays = monitorEventLoopDelay({ resolution: 1 });
let last = 0;
let epochStart = 0;
let started = Infinity;

subscribe("likewise:native-run", (message) => {
  if (seen >= warmUp) native += (message as { readonly milliseconds: number }).milliseconds;
});
subscribe("likewise:compiled", (message) => {
  const { program, milliseconds } = message as { readonly program: string; readonly milliseconds: number };
  if (program === "step") compileMs ??= milliseconds;
});
const trainer = new Trainer({
  ...{ engine, threads, maxEpochs: 100_000, progress: true, checkpoint: false },
  callbacks: [
    {
      onTrainBatchEnd: (context) => {
        if (performance.now() - started > seconds * 1000) context.stop("measured long enough");
      },
    },
  ],
});
trainer.events$.subscribe((event: TrainEvent) => {
  const now = performance.now();
  if (event.type === "assembled" && !event.engine.startsWith(engine))
    throw new Error(`asked for the ${engine} engine, got ${event.engine}`);
  if (event.type === "warning") console.error(event.message);
  if (event.type === "epochStart") epochStart = now;
  if (event.type === "epochEnd" && seen > warmUp && epochStart >= started)
    epochs.push((1000 * stepsPerEpoch(batch)) / (now - epochStart));
  if (event.type !== "step") return;
  if (seen >= warmUp) steps.push(now - last);
  seen += 1;
  if (seen === warmUp) {
    started = now;
    delays.enable();
  }
  last = now;
});
// One union member at a time, so that model and loader are of one kind.
if (workload.kind === "pair") await trainer.fit(workload.model, { train: workload.loader(batch) });
else await trainer.fit(workload.model, { train: workload.loader(batch) });

delays.disable();
const peakRss = peakRssMb();
const rows = workload.kind === "pair" ? 2 * batch : batch;
const products: Product[] = [
  [rows, size, size],
  [batch, size, batch],
];
const middle = median(steps);
const total = steps.reduce((sum, time) => sum + time, 0);
console.log(
  JSON.stringify({
    ...{ workload: name, batch, engine, threads },
    stepsPerSecond: epochs.length > 0 ? median(epochs) : 1000 / middle,
    msMedian: middle,
    msBest: Math.min(...steps),
    peakRssMb: Math.round(peakRss),
    compileMs,
    // No timer at all came between steps that never wait for anything.
    loopDelayP99Ms: delays.count === 0 ? total : Math.max(0, delays.percentile(99) / 1e6 - 1),
    nativeShare: engine === "compiled" ? native / total : null,
    gflops: workload.flops(batch) / middle / 1e6,
    matmulPeakGflops: await matmulPeakGflops(products, threads),
  }),
);
