import { expect } from "chai";
import { writeProgram } from "../../../lib/engine/compile-program.js";
import { generalOf, serves, widen } from "../../../lib/engine/onnx/general-model.js";
import { recordProgram } from "../../../lib/engine/trace/trace-program.js";
import type { TrainingPrograms } from "../../../lib/model/programs.js";
import type { Step } from "./step-cases.js";

/** The first two sizes make one graph, which serves the third. */
export type ThreeSizes = readonly [number, number, number];

/** A program of a training step at several sizes is one graph that is fed what depends on the size. */
export function expectOneGraph(at: (size: number) => Step, program: keyof TrainingPrograms, sizes: ThreeSizes): void {
  const [first, second, third] = sizes.map((size) => {
    const { programs, carried, inputs } = at(size);
    return writeProgram(program, recordProgram(programs[program], carried, inputs), { threads: 1, anySize: true })
      .model;
  });
  const general = widen(generalOf(first!), second!);
  const what = `${program} at ${sizes.join()}`;
  if (typeof general === "string") expect.fail(`${what}: ${general}`);
  expect(serves(general, third!), what).to.equal(true);
}
