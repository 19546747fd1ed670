import { SimilarityLoss } from "../lib/contracts/loss.js";
import type { Problem } from "../lib/contracts/options.js";
import { lossProblem } from "./nested.js";

/** What is wrong with a record of losses that should be of one kind. */
export function namedLossProblems(losses: Readonly<Record<string, unknown>>): Problem[] {
  const named = Object.entries(losses);
  const kinds = named.flatMap(([name, loss]) =>
    loss instanceof SimilarityLoss ? [{ name, kind: loss.kind as string }] : [],
  );
  const [first] = kinds;
  return [
    named.length === 0 ? "losses: expected one loss or more, each under a name" : null,
    ...named.map(([name, loss]) => lossProblem(`losses.${name}`, loss)),
    ...named.map(([name]) =>
      /^[\w.-]+$/u.test(name) ? null : `losses: name "${name}" may only hold letters, digits, "_", "-" and "."`,
    ),
    ...kinds.map(({ name, kind }) =>
      kind === first?.kind
        ? null
        : `losses: ${name} learns from "${kind}" samples, ${first?.name ?? ""} from "${first?.kind ?? ""}"; expected one kind`,
    ),
  ];
}
