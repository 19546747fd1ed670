import type { Program } from "../../contracts/engine.js";
import type { HostTensors } from "../../tensor/host.js";
import { firstDifference, type Difference } from "./compare-graphs.js";
import type { Graph } from "./graph.js";
import { outlineOf } from "./outline.js";
import { recordProgram, type RecordOptions } from "./record-program.js";
import { TraceError } from "./trace-error.js";

export { recordProgram } from "./record-program.js";

/**
 * The graph of a program, recorded twice so that what JS changes from step to step is found. A third recording decides when the first
 * two differ: a step may make something once and keep it.
 *
 * @throws TraceError when something in the step cannot be recorded, or is not the same each time.
 */
export function traceProgram(
  program: Program,
  carried: HostTensors,
  inputs: HostTensors,
  options: RecordOptions = {},
): Graph {
  const first = recordProgram(program, carried, inputs, options);
  const second = recordProgram(program, carried, inputs, options);
  if (firstDifference(first, second) === null) return second;
  const third = recordProgram(program, carried, inputs, { lines: true });
  const difference = firstDifference(second, third);
  if (difference === null) return third;
  throw new TraceError(
    `the step is not the same each time it is recorded: ${difference.what}; a compiled step would repeat the last forever. ${INSTEAD}`,
    difference.where,
  );
}

const INSTEAD =
  "Random numbers come from mode.noise, numbers that change are an input, parameters or state of a part, or a schedule of the optimizer";

/**
 * Records a program again, some time after it was recorded.
 *
 * @param before the outline of that recording.
 * @throws TraceError when it is another one now, or cannot be recorded any more.
 */
export function requireSame(program: Program, carried: HostTensors, inputs: HostTensors, before: Graph): void {
  const differenceNow = (options: RecordOptions): Difference | null =>
    firstDifference(before, outlineOf(recordProgram(program, carried, inputs, options)));
  if (differenceNow({}) === null) return;
  const difference = differenceNow({ lines: true });
  if (difference === null) return;
  throw new TraceError(
    `the step is not any more what was recorded: ${difference.what}; steps before this one may have repeated what it was earlier. ${INSTEAD}`,
    difference.where,
  );
}
