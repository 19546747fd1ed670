import { InferenceSession, Tensor } from "onnxruntime-node";

/** Rows, inner length and columns of a product. */
export type Product = readonly [rows: number, inner: number, columns: number];

/** Time spent on each product, in milliseconds. */
const TIME = 150;

/** The fastest of these products alone, in GFLOP/s: what a step made of nothing else could reach here and now. */
export async function matmulPeakGflops(products: readonly Product[], threads: number): Promise<number> {
  let best = 0;
  for (const product of products) best = Math.max(best, await gflops(product, threads));
  return best;
}

async function gflops([rows, inner, columns]: Product, threads: number): Promise<number> {
  const session = await InferenceSession.create(matmulModel(rows, inner, columns), {
    ...{ intraOpNumThreads: threads, interOpNumThreads: 1 },
  });
  const feeds = {
    a: new Tensor("float32", new Float32Array(rows * inner).fill(0.5), [rows, inner]),
    b: new Tensor("float32", new Float32Array(inner * columns).fill(0.5), [inner, columns]),
  };
  let best = Infinity;
  const end = performance.now() + TIME;
  while (performance.now() < end) {
    const start = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - start);
  }
  await session.release();
  return (REPEATS * 2 * rows * inner * columns) / best / 1e6;
}

/** Products in one run, so that handing tensors over does not count. */
const REPEATS = 8;

/** An ONNX file that multiplies `a` by `b` several times and gives the sum of the first column of each product. */
function matmulModel(rows: number, inner: number, columns: number): Uint8Array {
  const names = Array.from({ length: REPEATS }, (_, at) => `p${at}`);
  // Each product has an operand of its own, or the runtime would find that they are all the same.
  const nodes = names.flatMap((name, at) => [
    node("Add", [at === 0 ? "b" : `b${at - 1}`, "b"], `b${at}`),
    node("MatMul", ["a", `b${at}`], name),
    node("ReduceMax", [name], `m${at}`),
  ]);
  const maxima = names.map((_, at) => `m${at}`);
  const graph = [
    ...nodes,
    node("Max", maxima, "y"),
    text(2, "products"),
    value(11, "a", [rows, inner]),
    value(11, "b", [inner, columns]),
    value(12, "y", [1, 1]),
  ].flat();
  return Uint8Array.from([...whole(1, 8), ...field(7, graph), ...field(8, [...text(1, ""), ...whole(2, 17)])]);
}

/** The wire format of protocol buffers, as much as this model needs. */
function varint(number: number): number[] {
  return number < 128 ? [number] : [(number % 128) + 128, ...varint(Math.floor(number / 128))];
}
function whole(tag: number, number: number): number[] {
  return [...varint(tag * 8), ...varint(number)];
}
function field(tag: number, content: readonly number[]): number[] {
  return [...varint(tag * 8 + 2), ...varint(content.length), ...content];
}
function text(tag: number, content: string): number[] {
  return field(tag, [...new TextEncoder().encode(content)]);
}
function node(operator: string, inputs: readonly string[], output: string): number[] {
  return field(1, [...inputs.flatMap((input) => text(1, input)), ...text(2, output), ...text(4, operator)]);
}
function value(tag: number, name: string, shape: readonly number[]): number[] {
  const dimensions = shape.flatMap((length) => field(1, whole(1, length)));
  return field(tag, [...text(1, name), ...field(2, field(1, [...whole(1, 1), ...field(2, dimensions)]))]);
}
