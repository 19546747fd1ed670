import { expect } from "chai";
import {
  AngularMiner,
  BatchEasyHardMiner,
  BatchHardMiner,
  MultiSimilarityMiner,
  PairMarginMiner,
  TripletMarginMiner,
  type EasyHardStrategy,
  type Miner,
} from "likewise/miners";
import type { Distance } from "../../../lib/contracts/index.js";
import { Cosine, Euclidean } from "../../../lib/distances/index.js";
import type { Matrix } from "../../support/gradient.js";
import { readGolden, type GoldenCase } from "../../support/shared.js";
import { counted, mine } from "./running.js";

type Config = GoldenCase["config"];

const strategy = (name: unknown): EasyHardStrategy => (name === "semihard" ? "semi-hard" : (name as EasyHardStrategy));
const cosine = (config: Config): boolean => JSON.stringify(config["distance"] ?? "").includes("Cosine");

/** By the name of the peer's miner. */
const MINERS: Readonly<Record<string, (config: Config) => { miner: Miner; similarity?: boolean }>> = {
  BatchHardMiner: (config) => ({ miner: new BatchHardMiner(), similarity: cosine(config) }),
  BatchEasyHardMiner: (config) => ({
    miner: new BatchEasyHardMiner({
      positives: strategy(config["pos_strategy"]),
      negatives: strategy(config["neg_strategy"]),
      positiveRange: (config["allowed_pos_range"] ?? null) as [number, number] | null,
      negativeRange: (config["allowed_neg_range"] ?? null) as [number, number] | null,
    }),
  }),
  TripletMarginMiner: (config) => ({
    miner: new TripletMarginMiner({
      margin: config["margin"] as number,
      triplets: strategy(config["type_of_triplets"]) as "all",
    }),
    similarity: cosine(config),
  }),
  MultiSimilarityMiner: (config) => ({
    miner: new MultiSimilarityMiner({ epsilon: config["epsilon"] as number }),
    similarity: true,
  }),
  PairMarginMiner: (config) => {
    const margins = [config["pos_margin"], config["neg_margin"]] as [number, number];
    const [positiveMargin, negativeMargin] = cosine(config) ? margins.map((s) => 1 - s) : margins;
    return {
      miner: new PairMarginMiner({ positiveMargin: positiveMargin!, negativeMargin: negativeMargin! }),
      similarity: cosine(config),
    };
  },
  AngularMiner: (config) => ({ miner: new AngularMiner({ angle: config["angle"] as number, normalize: false }) }),
};

const unit = (rows: Matrix): number[][] =>
  rows.map((row) => {
    const length = Math.hypot(...row);
    return row.map((value) => (length === 0 ? 0 : value / length));
  });

describe("miners against pytorch-metric-learning", () => {
  for (const [name, miners] of Object.entries(MINERS)) {
    it(name, function () {
      const cases = readGolden(`pml/miner_${name}`);
      if (cases === null) return this.skip();
      let compared = 0;
      const wrong: string[] = [];
      cases.forEach(({ tag, config, inputs, expected }, at) => {
        if ("error" in expected) return;
        // A zero vector is equally far from everything, so that rounding decides.
        if (tag === "zero_vector" && name !== "AngularMiner") return;
        // There, equal points are 1e-6 apart, and so see each other under an angle.
        if (tag === "duplicates" && name === "AngularMiner") return;
        const { miner, similarity = false } = miners(config);
        const distance: Distance = similarity ? new Cosine() : new Euclidean();
        const scaled = name === "AngularMiner" ? (matrix: Matrix): Matrix => matrix : unit;
        const others =
          inputs["ref_emb"] === undefined
            ? {}
            : { others: { rows: scaled(inputs["ref_emb"] as Matrix), groups: inputs["ref_labels"] as number[] } };
        const rows = scaled(inputs["embeddings"] as Matrix);
        const groups = inputs["labels"] as number[];
        const found = mine(miner, distance, { rows, groups, ...others });
        const indices = expected["indices"] as number[][];
        const [a, p, b, n] =
          expected["kind"] === "triplets" ? [indices[0], indices[1], indices[0], indices[2]] : indices;
        const m = (others.others?.groups ?? groups).length;
        const what = `${at} ${tag} ${JSON.stringify(config)}`;
        const wanted = {
          positives: counted(a ?? [], p ?? [], groups.length, m),
          negatives: counted(b ?? [], n ?? [], groups.length, m),
        };
        if (JSON.stringify([found.positives, found.negatives]) !== JSON.stringify([wanted.positives, wanted.negatives]))
          wrong.push(what);
        compared += 1;
      });
      expect(wrong.join("\n")).to.equal("");
      expect(compared).to.be.greaterThan(10);
    });
  }
});
