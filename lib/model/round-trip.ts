import type { Part } from "../contracts/part.js";
import { canonicalJson, lostInJson } from "../json.js";
import { classOf, roleOf, type PartRegistry } from "./part-registry.js";

/**
 * Why a part would not come back from what is saved of it: its type, its configuration as JSON and its weights. Empty: it does.
 *
 * @param parts knows the classes of other parts that it is made of.
 */
export function roundTripProblems(part: Part, parts: PartRegistry): readonly string[] {
  try {
    const partClass = classOf(part);
    if (typeof partClass.from !== "function") {
      return [`class ${partClass.name} has no "static from(config, weights)", so it could be saved but never loaded`];
    }
    const lost = lostInJson(part.config, "config");
    if (lost.length > 0) {
      return lost.map(
        (what) =>
          `${what}, which JSON does not keep; save null, a name, a number or the like, and make the value of it in the constructor`,
      );
    }
    const config = JSON.parse(JSON.stringify(part.config)) as Part["config"];
    const known = parts.with([partClass]);
    const again = known.make(roleOf(part, partClass.name), { type: part.type, config }, part.weights);
    const [before, after] = [canonicalJson(part.config), canonicalJson(again.config)];
    return before === after
      ? []
      : [`its configuration does not come back from ${partClass.name}.from: saved ${before}, got ${after}`];
  } catch (cause) {
    return [`cannot be made again from its configuration${cause instanceof Error ? ` (${cause.message})` : ""}`];
  }
}
