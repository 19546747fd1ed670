/**
 * Ends its process in the middle of a native run, as its first argument says. A program of its own.
 * Run: node --conditions=likewise-source --import tsx test/engine/process-exit-step.ts exit
 */
import * as tf from "likewise/tf";
import type { Program } from "../../lib/contracts/engine.js";
import { CompiledEngine } from "../../lib/engine/index.js";
import { hostTensor } from "../../lib/tensor/host.js";

const size = 1000;
const products: Program = (_carried, { x }) => {
  let product = x as tf.Tensor2D;
  for (let times = 0; times < 10; times += 1) product = tf.matMul(product, x as tf.Tensor2D);
  return { reported: { sum: tf.sum(product) } };
};
const engine = await CompiledEngine.open({ threads: 1 });
const session = await engine.start({ products }, {});
const inputs = { x: hostTensor(new Float32Array(size * size), [size, size]) };
await session.run("products", inputs);
setTimeout(() => {
  if (process.argv[2] === "throw") throw new Error("nobody catches this");
  process.exit(3);
}, 100);
for (;;) await session.run("products", inputs);
