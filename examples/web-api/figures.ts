import { evaluateRetrieval, type Vectors } from "likewise/retrieval";

/** How well questions find their answers: the share whose answer comes first, and among the first ten; and the mean of 1 / rank. */
export interface Figures {
  readonly recall1: number;
  readonly recall10: number;
  readonly mrr: number;
}

/** Every question looks for one row of the answers: `wanted`, a row for each question. */
export async function measure(questions: Vectors, answers: Vectors, wanted: readonly number[]): Promise<Figures> {
  const relevant = wanted.map((row) => [row]);
  const report = await evaluateRetrieval({ queries: questions, corpus: answers, relevant });
  return { recall1: report["recall@1"], recall10: report["recall@10"], mrr: report.mrr };
}

/** The figures before and after training, and what was gained. */
export function figuresTable(before: Figures, after: Figures): string {
  const row = (name: string, { recall1, recall10, mrr }: Figures, sign = ""): string =>
    name.padEnd(12) + [recall1, recall10, mrr].map((value) => (sign + value.toFixed(3)).padStart(10)).join("");
  const gain: Figures = {
    recall1: after.recall1 - before.recall1,
    recall10: after.recall10 - before.recall10,
    mrr: after.mrr - before.mrr,
  };
  const head = "".padEnd(12) + ["recall@1", "recall@10", "MRR"].map((name) => name.padStart(10)).join("");
  return [head, row("frozen", before), row("trained", after), row("gain", gain, "+")].join("\n").replaceAll("+-", " -");
}
