import type { PartClass, SavedPart } from "../../lib/contracts/part.js";
import { Registry } from "../../lib/registry.js";
import { CenterInvariantRegularizer } from "./center-invariant-regularizer.js";
import { LpRegularizer } from "./lp-regularizer.js";
import { RegularFaceRegularizer } from "./regular-face-regularizer.js";
import { Regularizer } from "./regularizer.js";
import { SparseCentersRegularizer } from "./sparse-centers-regularizer.js";
import { ZeroMeanRegularizer } from "./zero-mean-regularizer.js";

const regularizers = new Registry<PartClass<Regularizer>>("regularizer");

for (const regularizer of [
  CenterInvariantRegularizer,
  LpRegularizer,
  RegularFaceRegularizer,
  SparseCentersRegularizer,
  ZeroMeanRegularizer,
]) {
  regularizers.add(regularizer.type, regularizer);
}

/**
 * Makes a regularizer of your own known by its `static type`, in this process, so that a loss that uses it can be trained, saved and
 * loaded. Call it where the class is defined.
 * @throws DuplicateNameError when another class has the name.
 */
export function registerRegularizer(regularizerClass: PartClass<Regularizer>): void {
  regularizers.add(regularizerClass.type, regularizerClass);
}

/** @throws UnknownNameError for a saved regularizer that is not registered. */
export function regularizerOf(regularizer: Regularizer | SavedPart): Regularizer {
  if (regularizer instanceof Regularizer) return regularizer;
  const advice = `If ${regularizer.type} is your own class, call registerRegularizer(${regularizer.type}) first`;
  return regularizers.require(regularizer.type, advice).from(
    regularizer.config,
    {},
    {
      make(role: string): never {
        throw new TypeError(`internal: regularizers have no parts, asked for a ${role}`);
      },
    },
  );
}
