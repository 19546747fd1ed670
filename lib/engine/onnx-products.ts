import { availableParallelism } from "node:os";
import { Random } from "../random.js";
import { readEngineVariable } from "../tensor/engine-variable.js";
import { offerProducts, type NativeProducts } from "../tensor/native-products.js";
import { encodeModel } from "./onnx/model.js";
import { loadRuntime, type NativeGraph, type NativeRuntime } from "./onnx/session.js";

/** Below these numbers of rows and columns the runtime sums in another order; what is smaller is filled up. */
const FEWEST_ROWS = 16;
const FEWEST_COLUMNS = 512;
const MOST_THREADS = 4;

interface Loaded {
  readonly runtime: NativeRuntime;
  readonly graph: NativeGraph;
}

let loading: Promise<Loaded | null> | null = null;
/** Whether sums are the same whatever the shape, by size of the rows. */
const trusted = new Map<number, boolean>();

/** Lets searches multiply with onnxruntime-node where it is installed, unless `LIKEWISE_ENGINE` asks for another engine. */
export function useNativeProducts(): void {
  offerProducts(async (size) => {
    const { engine } = readEngineVariable();
    if (engine === "eager" || size === 0) return null;
    const loaded = await (loading ??= load());
    if (loaded === null) return null;
    const products = new OnnxProducts(loaded, size);
    if (!trusted.has(size)) trusted.set(size, await sumsAlike(products, size));
    return trusted.get(size) === true ? products : null;
  });
}

async function load(): Promise<Loaded | null> {
  try {
    const runtime = await loadRuntime();
    const threads = Math.max(1, Math.min(MOST_THREADS, availableParallelism() >> 1));
    return { runtime, graph: await runtime.load(productModel(), threads) };
  } catch {
    // Searching works without it, and an engine that needs it says why it does not load.
    return null;
  }
}

/** Products by a graph of one operation. */
class OnnxProducts implements NativeProducts {
  readonly #loaded: Loaded;
  readonly #size: number;
  #result = new Float32Array();

  constructor(loaded: Loaded, size: number) {
    this.#loaded = loaded;
    this.#size = size;
  }

  async multiply(left: Float32Array, rows: number, right: Float32Array, columns: number): Promise<Float32Array> {
    const { runtime, graph } = this.#loaded;
    const [height, width] = [Math.max(rows, FEWEST_ROWS), Math.max(columns, FEWEST_COLUMNS)];
    if (this.#result.length < height * width) this.#result = new Float32Array(height * width);
    const result = this.#result.subarray(0, height * width);
    await graph.run(
      {
        left: runtime.tensor("float32", filledUp(left, height * this.#size), [height, this.#size]),
        right: runtime.tensor("float32", filledUp(right, width * this.#size), [width, this.#size]),
      },
      { product: runtime.tensor("float32", result, [height, width]) },
    );
    if (width !== columns) {
      for (let row = 1; row < rows; row += 1) result.copyWithin(row * columns, row * width, row * width + columns);
    }
    return result.subarray(0, rows * columns);
  }
}

/** With zeros after it. */
function filledUp(numbers: Float32Array, length: number): Float32Array {
  if (numbers.length === length) return numbers;
  const longer = new Float32Array(length);
  longer.set(numbers);
  return longer;
}

/** Ties are found by equal numbers, so a product must not depend on how many there are, on their places or on their sides. */
async function sumsAlike(products: NativeProducts, size: number): Promise<boolean> {
  const random = new Random("products");
  const count = 1024;
  const rows = random.normals(count * size);
  const first = 150;
  const some = rows.subarray(0, first * size);
  const whole = (await products.multiply(rows, count, rows, count)).slice();
  const wide = (await products.multiply(some, first, rows, count)).slice();
  const narrow = (await products.multiply(rows.subarray(0, size), 1, some, first)).slice();
  const tall = await products.multiply(rows, count, some, first);
  for (let row = 0; row < first; row += 1) {
    if (narrow[row] !== whole[row]) return false;
    for (let column = 0; column < count; column += 1) {
      const expected = whole[row * count + column];
      if (wide[row * count + column] !== expected) return false;
      if (whole[column * count + row] !== expected || tall[column * first + row] !== expected) return false;
    }
  }
  return true;
}

function productModel(): Uint8Array {
  const type = "float32";
  return encodeModel({
    name: "product",
    nodes: [
      { operator: "Gemm", domain: "", inputs: ["left", "right"], outputs: ["product"], attributes: { transB: 1n } },
    ],
    initializers: [],
    inputs: [
      { name: "left", type, shape: ["rows", "size"] },
      { name: "right", type, shape: ["columns", "size"] },
    ],
    outputs: [{ name: "product", type, shape: ["rows", "columns"] }],
    metadata: {},
  });
}
