import { expect } from "chai";
import type { Kind, SimilarityLoss } from "../../lib/contracts/index.js";
import { expectClose } from "./close.js";
import type { Matrix } from "./gradient.js";
import { judge } from "./loss.js";
import { kernelOf } from "./plain-softmax.js";
import { readGolden } from "./shared.js";

/** How a file of golden vectors writes a loss with proxies. */
export interface ProxyGolden {
  readonly file: string;
  /** The loss of a case, of the size of its kernel. */
  readonly make: (
    config: Readonly<Record<string, unknown>>,
    size: { embeddingSize: number; groups: number },
  ) => SimilarityLoss<Kind>;
  /** Name of the groups among the inputs, and of the proxies. */
  readonly labels: "groups" | "labels";
  readonly proxies: string;
  /** True where proxies are rows instead of columns. */
  readonly rows?: boolean;
  /** Cases that are compared by value only. */
  readonly valueOnly?: readonly string[];
}

const transposed = (rows: Matrix): Matrix =>
  (rows[0] as readonly number[]).map((_, at) => rows.map((row) => row[at] as number));

/** Compares value and gradients with every case of a file; false where the file is not there. */
export function expectProxyGolden({ file, make, labels, proxies, rows = false, valueOnly = [] }: ProxyGolden): boolean {
  const cases = readGolden(file);
  if (cases === null) return false;
  const turn = (matrix: Matrix): Matrix => (rows ? transposed(matrix) : matrix);
  let compared = 0;
  for (const { tag, config, inputs, expected64 } of cases) {
    if (tag === "weight_regularizer" || tag === "group_out_of_range") continue;
    const weights = (inputs["weights"] ?? inputs) as Record<string, Matrix>;
    const kernel = turn(weights[proxies] as Matrix);
    const size = { embeddingSize: kernel.length, groups: (kernel[0] as readonly number[]).length };
    const embeddings = inputs["embeddings"] as Matrix;
    const found = judge(make(config, size), {
      embeddings,
      targets: { groups: inputs[labels] as number[] },
      parameters: kernelOf(kernel),
    });
    compared += 1;
    expectClose(found.value, expected64?.["loss"], { relative: 2e-5, absolute: 2e-5, what: tag });
    if (valueOnly.includes(tag)) continue;
    const byProxies = turn(expected64?.[`grad_${proxies}`] as Matrix).flat();
    expectClose(found.parameterGradients["kernel"], byProxies, { relative: 5e-4, absolute: 2e-4, what: tag });
    if (!tag.includes("zero"))
      expectClose(found.gradient, expected64?.["grad_embeddings"], { relative: 5e-4, absolute: 2e-4, what: tag });
  }
  expect(compared).to.be.greaterThan(8);
  return true;
}
