import { expect } from "chai";
import { Cosine, DotProduct, Euclidean, Manhattan, Random, type Distance, type HostMatrix } from "likewise";
import { RankCounts } from "../../lib/tensor/nearest-counts.js";
import { hits, type RankProfile } from "../../lib/tensor/nearest-profile.js";
import type { Ranking } from "../../lib/tensor/nearest-ranking.js";
import { rankRelevant } from "../../lib/tensor/nearest-ranks.js";
import { allRows, runLength, toRuns, upTo, type RowSet } from "../../lib/tensor/nearest-rows.js";
import { plainDistance } from "../support/plain-distance.js";

/** Whole numbers, so that products are exact and equal distances are equal. */
function wholeRows(random: Random, rows: number, size: number, range: number): HostMatrix {
  return { data: Float32Array.from({ length: rows * size }, () => random.integer(2 * range + 1) - range), rows, size };
}

function rowOf({ data, size }: HostMatrix, row: number): number[] {
  return Array.from(data.subarray(row * size, (row + 1) * size));
}

async function profilesOf(distance: Distance, ranking: Ranking): Promise<RankProfile[]> {
  const profiles: RankProfile[] = [];
  await rankRelevant(distance, ranking, (profile) => profiles.push(profile));
  return profiles.sort((left, right) => left.query - right.query);
}

/** What `rankRelevant` should say of one query, without looking at the cutoff. */
function plainProfile(ranking: Ranking, query: number, distance: (x: number[], y: number[]) => number): RankProfile {
  const row = rowOf(ranking.queries.matrix, ranking.queries.rows[query]!);
  const far = Array.from(ranking.candidates.rows, (candidate) =>
    distance(row, rowOf(ranking.candidates.matrix, candidate)),
  );
  const isIn = (runs: Int32Array, candidate: number): boolean =>
    runs.some((from, at) => at % 2 === 0 && candidate >= from && candidate < runs[at + 1]!);
  const relevant = [...far.keys()].filter((candidate) => isIn(ranking.relevant(query), candidate));
  const others = [...far.keys()].filter((candidate) => !isIn(ranking.skipped(query), candidate));
  const count = (candidates: number[], holds: (distance: number) => boolean): number =>
    candidates.filter((candidate) => holds(far[candidate]!)).length;
  const levels = [...new Set(relevant.map((candidate) => far[candidate]!))]
    .sort((left, right) => left - right)
    .map((level) => {
      const betterRelevant = count(relevant, (value) => value < level);
      const equal = count(relevant, (value) => value === level);
      return {
        better: betterRelevant + count(others, (value) => value < level),
        betterRelevant,
        tied: equal + count(others, (value) => value === level),
        relevant: equal,
        gain: equal,
      };
    });
  return { query, relevant: relevant.length, valid: true, levels };
}

/** Rows that look for those of their group, which lie in different places. */
function groupsOf(matrix: HostMatrix, groups: readonly number[], cutoff: number, sameObject: boolean): Ranking {
  const queries = allRows(matrix);
  const members = new Map<number, number[]>();
  groups.forEach((group, row) => members.set(group, [...(members.get(group) ?? []), row]));
  const runs = new Map([...members].map(([group, rows]) => [group, toRuns(rows)]));
  return {
    queries,
    candidates: sameObject ? queries : { ...queries },
    relevant: (query) => toRuns(members.get(groups[query]!)!.filter((row) => row !== query)),
    skipped: (query) => runs.get(groups[query]!)!,
    depth: () => ({ cutoff, first: true }),
  };
}

describe("rankRelevant", () => {
  for (const [distance, rows] of [
    [new DotProduct(), 2300],
    [new Euclidean(), 2300],
    [new Manhattan(), 1100],
  ] as const) {
    for (const sameObject of [true, false]) {
      it(`counts over several blocks by ${distance.name} distance, ${sameObject ? "each product for both sides" : "for queries alone"}`, async () => {
        const random = new Random(distance.name);
        const matrix = wholeRows(random, rows, 5, 12);
        const groups = Array.from({ length: rows }, () => random.integer(300));
        const ranking = groupsOf(matrix, groups, Infinity, sameObject);
        const profiles = await profilesOf(distance, ranking);
        expect(profiles.length).to.be.greaterThan(1000);
        const squared = plainDistance[distance.name === "euclidean" ? "squared-euclidean" : distance.name];
        for (const profile of profiles) {
          if (profile.query % 97 === 0) expect(profile).to.deep.equal(plainProfile(ranking, profile.query, squared));
        }
      });
    }
  }

  it("says the same within a cutoff as without", async () => {
    const random = new Random("cutoff");
    const matrix = wholeRows(random, 1300, 3, 6);
    const groups = Array.from({ length: matrix.rows }, () => random.integer(40));
    const whole = await profilesOf(new DotProduct(), groupsOf(matrix, groups, Infinity, true));
    for (const cutoff of [1, 5, 40]) {
      for (const sameObject of [true, false]) {
        const cut = await profilesOf(new DotProduct(), groupsOf(matrix, groups, cutoff, sameObject));
        expect(cut.length).to.equal(whole.length);
        cut.forEach((profile, at) => {
          const { levels } = whole[at]!;
          expect(profile.levels[0]).to.deep.equal(levels[0]);
          const within = levels.filter(({ better }) => better < cutoff);
          expect(profile.levels.slice(0, within.length)).to.deep.equal(within);
          expect(profile.levels.length).to.be.at.most(Math.max(1, within.length));
          for (const k of [1, cutoff]) expect(hits(profile, k)).to.equal(hits(whole[at]!, k));
        });
      }
    }
  });

  it("needs no more levels at once than it keeps, when one group is all", async () => {
    const matrix = wholeRows(new Random("one"), 2100, 2, 1000);
    const set: RowSet = allRows(matrix);
    let visited = 0;
    await rankRelevant(
      new DotProduct(),
      {
        queries: set,
        candidates: set,
        relevant: (query) => Int32Array.of(0, query, query + 1, matrix.rows),
        skipped: () => Int32Array.of(0, matrix.rows),
        depth: (relevant) => ({ cutoff: relevant, first: false }),
      },
      (profile) => {
        visited += 1;
        expect(profile.relevant).to.equal(matrix.rows - 1);
        expect(hits(profile, 100)).to.equal(100);
        expect(hits(profile, profile.relevant)).to.equal(profile.relevant);
      },
    );
    expect(visited).to.equal(matrix.rows);
  });

  it("does not lose neighbours to a common offset of all rows", async () => {
    const random = new Random("offset");
    const near = Float32Array.from({ length: 400 * 3 }, () => random.normal());
    const groups = Array.from({ length: 400 }, () => random.integer(40));
    const plain = await profilesOf(new Euclidean(), groupsOf({ data: near, rows: 400, size: 3 }, groups, 50, true));
    // What is left of the numbers after the offset was added.
    const far = near.map((value) => Math.fround(value + 4096));
    const back = far.map((value) => value - 4096);
    const moved = await profilesOf(new Euclidean(), groupsOf({ data: far, rows: 400, size: 3 }, groups, 50, true));
    const exact = await profilesOf(new Euclidean(), groupsOf({ data: back, rows: 400, size: 3 }, groups, 50, true));
    expect(moved).to.deep.equal(exact);
    expect(
      moved.filter((profile, at) => profile.levels[0]!.better !== plain[at]!.levels[0]!.better).length,
    ).to.be.lessThan(40);
  });

  for (const distance of [new Cosine(), new Euclidean(), new DotProduct()]) {
    it(`gives equal rows equal scores by ${distance.name} distance, wherever they lie in blocks`, async () => {
      const random = new Random("twins");
      const [half, size] = [1111, 37];
      const numbers = random.normals(half * size);
      const matrix: HostMatrix = { data: Float32Array.of(...numbers, ...numbers), rows: 2 * half, size };
      // Each row looks for the one after it, which has a twin in the other half that is nobody's.
      const groups = Array.from({ length: 2 * half }, (_, row) => (row < half - 1 ? row >> 1 : half + row));
      for (const sameObject of [true, false]) {
        const profiles = await profilesOf(distance, groupsOf(matrix, groups, Infinity, sameObject));
        expect(profiles).to.have.lengthOf(half - 1);
        expect(profiles.filter(({ levels }) => levels[0]?.tied !== 2)).to.deep.equal([]);
      }
    });
  }

  it("marks queries whose scores are not numbers", async () => {
    const matrix: HostMatrix = { data: Float32Array.of(1, 2, NaN, 4), rows: 4, size: 1 };
    const groups = [0, 0, 1, 1];
    for (const sameObject of [true, false]) {
      const profiles = await profilesOf(new DotProduct(), groupsOf(matrix, groups, Infinity, sameObject));
      expect(profiles.map(({ valid }) => valid)).to.deep.equal([false, false, false, false]);
    }
  });

  it("has nothing to show for no queries and no candidates", async () => {
    const none: HostMatrix = { data: new Float32Array(0), rows: 0, size: 3 };
    expect(await profilesOf(new DotProduct(), groupsOf(none, [], 1, true))).to.deep.equal([]);
    const one: HostMatrix = { data: Float32Array.of(1, 2, 3), rows: 1, size: 3 };
    expect(await profilesOf(new Euclidean(), groupsOf(one, [0], 1, true))).to.deep.equal([]);
  });
});

describe("RankCounts", () => {
  it("sums the gains of relevant candidates of equal score", () => {
    const counts = new RankCounts(1, 3, true);
    counts.add(Float64Array.of(5, 9, 5), Float64Array.of(1, 2, 4), { cutoff: 10, first: true });
    for (const score of [10, 9, 7, 5, 5, 6]) counts.count(0, score);
    expect(counts.profile(0, 7)).to.deep.equal({
      query: 7,
      relevant: 3,
      valid: true,
      levels: [
        { better: 1, betterRelevant: 0, tied: 2, relevant: 1, gain: 2 },
        { better: 5, betterRelevant: 1, tied: 4, relevant: 2, gain: 5 },
      ],
    });
  });

  it("raises the floor as levels fall beyond the cutoff, and to the top when nothing can change any more", () => {
    const counts = new RankCounts(2, 6, false);
    counts.add(Float64Array.of(1, 2, 3), null, { cutoff: 3, first: false });
    counts.add(Float64Array.of(1, 2, 3), null, { cutoff: 3, first: true });
    expect([...counts.floors]).to.deep.equal([1, 1]);
    expect(counts.count(0, 1.5)).to.equal(2);
    expect(counts.count(0, 2.5)).to.equal(2);
    expect(counts.count(0, 2)).to.equal(2);
    expect(counts.count(0, 4)).to.equal(3);
    expect(counts.count(0, 4)).to.equal(3);
    expect(counts.count(0, 4)).to.equal(Infinity);
    for (let better = 0; better < 20; better += 1) counts.count(1, 4);
    expect(counts.floors[1]).to.equal(3);
    expect(counts.profile(1, 1).levels).to.deep.equal([
      { better: 20, betterRelevant: 0, tied: 1, relevant: 1, gain: 1 },
    ]);
  });
});

describe("runs of numbers", () => {
  it("join neighbours and know their length", () => {
    expect([...toRuns([0, 1, 2, 5, 7, 8])]).to.deep.equal([0, 3, 5, 6, 7, 9]);
    expect(runLength(toRuns([0, 1, 2, 5, 7, 8]))).to.equal(6);
    expect(runLength(Int32Array.of(0, 4, 5, 9))).to.equal(8);
    expect([...toRuns([])]).to.deep.equal([]);
    expect([...upTo(3)]).to.deep.equal([0, 1, 2]);
  });
});
