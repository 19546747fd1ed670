import { createHash } from "node:crypto";
import type { Graph } from "./graph.js";

/** Constants of more numbers are kept as digests. */
const SMALL = 64;

/** A recording for comparisons with later ones: of large constants, digests are left. */
export function outlineOf(graph: Graph): Graph {
  const constants = graph.constants.map(({ value, data }) =>
    data.length <= SMALL
      ? { value, data }
      : { value, data: new Uint8Array(createHash("sha256").update(data).digest()) },
  );
  return { ...graph, constants };
}
