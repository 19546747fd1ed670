import { expect } from "chai";
import { figuresTable, measure } from "../../examples/web-api/figures.js";
import { expectClose } from "../support/close.js";

describe("measure", () => {
  it("looks for one answer a question, among all answers", async () => {
    const answers = [Float32Array.of(1, 0), Float32Array.of(0, 1), Float32Array.of(1, 1)];
    const questions = [Float32Array.of(2, 0.1), Float32Array.of(1, 0.9)];
    const { recall1, recall10, mrr } = await measure(questions, answers, [0, 1]);
    expectClose([recall1, recall10, mrr], [0.5, 1, (1 + 1 / 3) / 2]);
  });
});

describe("figuresTable", () => {
  it("shows what was gained and what was lost, with signs", () => {
    const table = figuresTable({ recall1: 0.25, recall10: 0.5, mrr: 0.4 }, { recall1: 0.5, recall10: 0.75, mrr: 0.25 });
    expect(table.split("\n").map((line) => line.trim().split(/\s+/))).to.deep.equal([
      ["recall@1", "recall@10", "MRR"],
      ["frozen", "0.250", "0.500", "0.400"],
      ["trained", "0.500", "0.750", "0.250"],
      ["gain", "+0.250", "+0.250", "-0.150"],
    ]);
  });
});
