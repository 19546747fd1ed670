import type { Graph } from "../graph.js";
import { fuseBias } from "./bias.js";
import { sinkBroadcasts } from "./broadcasts.js";
import { takeOutFactors } from "./common-factors.js";
import { shareCommonNodes } from "./common-nodes.js";
import { compareDirectly } from "./comparisons.js";
import { compareWholeNumbers } from "./equalities.js";
import { removeDeadNodes } from "./dead-nodes.js";
import { factorSums } from "./factored-sums.js";
import { findLogSoftmax } from "./log-softmax.js";
import { mergeProducts, mergeProductsAtAnySize } from "./merge-products.js";
import { mergeTransposes } from "./merge-transposes.js";
import { dropNeutralElements } from "./neutral-elements.js";
import { gatherOffsets } from "./offsets.js";
import { gatherFactorsAtAnySize, gatherNarrowFactors } from "./narrow-factors.js";
import { reportOrderAlone } from "./order-alone.js";
import { fuseSums } from "./product-sums.js";
import { takeRowsApart } from "./rows-apart.js";
import { simplifyShapes } from "./shape-chains.js";
import { foldSplats } from "./splats.js";
import { splitProducts } from "./split-products.js";

const passes: readonly ((graph: Graph) => Graph)[] = [
  removeDeadNodes,
  foldSplats,
  simplifyShapes,
  dropNeutralElements,
  sinkBroadcasts,
  shareCommonNodes,
  mergeTransposes,
  gatherNarrowFactors,
  gatherOffsets,
  findLogSoftmax,
  compareDirectly,
  compareWholeNumbers,
  factorSums,
  takeOutFactors,
  takeRowsApart,
  mergeProducts,
  fuseBias,
  splitProducts,
];

/** Those that do not depend on how large tensors are. */
const atAnySize = new Map([
  [gatherNarrowFactors, gatherFactorsAtAnySize],
  [mergeProducts, mergeProductsAtAnySize],
]);
/** Those that find something at some sizes alone, or save nothing in a graph for all. */
const atOwnSize = new Set([factorSums, takeRowsApart]);
const anySizePasses = passes.filter((pass) => !atOwnSize.has(pass)).map((pass) => atAnySize.get(pass) ?? pass);

/** Rounds after which a graph counts as simple enough; training steps settle in three or four. */
const ROUNDS = 12;

/**
 * The same computation with fewer nodes: each pass as often as one of them finds something. What comes out equals the original up to
 * rounding in the last place.
 *
 * @param anySize find the same at every size, as far as that can be.
 */
export function optimize(graph: Graph, anySize = false): Graph {
  let current = graph;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = current;
    for (const pass of anySize ? anySizePasses : passes) current = pass(current);
    if (current === before) break;
  }
  return removeDeadNodes(fuseSums(reportOrderAlone(current)));
}
