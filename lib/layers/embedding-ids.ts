import type { JsonObject } from "../json.js";
import type { LayersTopology } from "./layers-topology.js";

interface SavedLayer {
  readonly className: string;
  readonly name?: string;
  readonly config: JsonObject;
  /** By use of the layer: name of the layer before it, which of its uses, which of its outputs. */
  readonly inboundNodes?: readonly (readonly (readonly [name: string, ...rest: unknown[]])[])[];
}

/**
 * How many ids the embedding layers know that read the input of a model: ids are whole numbers from 0 to below it. Null where no embedding
 * layer reads the input as it is.
 */
export function knownIds({ config }: LayersTopology): number | null {
  const layers = config["layers"] as unknown as readonly SavedLayer[];
  const inputs = layers.filter(({ className }) => className === "InputLayer").map(({ name }) => name);
  // Which of several inputs of an inner model is the input itself is not looked for.
  if (inputs.length > 1) return null;
  const rest = layers.filter(({ className }) => className !== "InputLayer");
  const readers = layers.some(({ inboundNodes }) => inboundNodes !== undefined)
    ? rest.filter(({ inboundNodes = [] }) => inboundNodes.flat().some(([name]) => inputs.includes(name)))
    : rest.slice(0, 1);
  const known = readers.flatMap(({ className, config: own }) => {
    if (className === "Embedding") return [own["inputDim"] as number];
    if (!Array.isArray(own["layers"])) return [];
    const inner = knownIds({ className: "Functional", config: own });
    return inner === null ? [] : [inner];
  });
  return known.length === 0 ? null : Math.min(...known);
}
