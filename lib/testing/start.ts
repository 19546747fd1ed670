import type { Part } from "../contracts/part.js";
import type { HostTensors } from "../tensor/host.js";
import { under } from "../tensor/tree.js";
import { difference, layout, notFinite } from "./compare.js";
import { thrown, type Watched } from "./run-twice.js";
import { startOf } from "./saving.js";

/** The numbers a part starts with, as `parameters/…` and `state/…`, and whether the seed alone decides them. */
export function checkStart(part: Part, seed: number): Watched {
  try {
    const [result, again] = [startOf(part, seed), startOf(part, seed)];
    const other = difference(result, again);
    const bad = notFinite(result);
    const problems = [
      other && `initialize gives other numbers for the same seed: ${other}; draw them from the Random it is given`,
      bad && `initialize gives numbers that are not finite: ${bad}`,
    ].filter((problem) => typeof problem === "string");
    return { result, problems };
  } catch (error) {
    return { result: null, problems: [thrown("initialize", error)] };
  }
}

/** Says that the new state, when one is given, has not the names and shapes of the one before. */
export function stateProblems(start: HostTensors, output: HostTensors): string[] {
  const [before, after] = [start, output].map((tensors) => layout(under(tensors, "state")));
  return before === after || Object.keys(under(output, "state")).length === 0
    ? []
    : [`in training the state ${before} becomes ${after}; it must keep its names and shapes`];
}
