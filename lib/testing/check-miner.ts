import { Cosine } from "../distances/index.js";
import type { Miner } from "../../losses/mining/miner.js";
import { minerOf } from "../../losses/mining/registered.js";
import { Random } from "../random.js";
import type { HostTensor, HostTensors } from "../tensor/host.js";
import { masksAgainst, masksWithin } from "../tensor/masks.js";
import * as tf from "../tensor/tf.js";
import type { Tensors } from "../tensor/tree.js";
import { difference, notFinite } from "./compare.js";
import { runTwice, thrown } from "./run-twice.js";
import { sameNoise } from "./running.js";
import { changedConfiguration, configurationProblems, savedConfiguration } from "./saved-configuration.js";

const SIZE = 4;
/** Batches with what they are compared with: themselves or remembered rows, of which some are not valid. */
const BATCHES: Readonly<
  Record<string, { readonly groups: readonly number[]; readonly remembered?: readonly number[] }>
> = {
  "a batch": { groups: [0, 0, 1, 1, 2, 2, 0, 3] },
  "a memory": { groups: [0, 0, 1, 2], remembered: [0, 1, 1, 2, 5, 0] },
  "a batch of one group": { groups: [1, 1, 1] },
  "a batch of one row": { groups: [1] },
};

/**
 * Checks a miner of your own within batches and against a memory: float32 masks of the shape of the given ones and 0 wherever those are,
 * triplets of pairs that are there, the same choice for the same noise, nothing read back, no tensor left, saving under its registered name.
 * @returns one sentence for each thing that is wrong.
 */
export function checkMiner(miner: Miner, options: { readonly seed?: number } = {}): Promise<string[]> {
  const seed = options.seed ?? 0;
  const found = Object.keys(BATCHES).flatMap((title) => {
    const { result, problems } = runTwice("it", () => mined(miner, title, seed));
    return [...problems, ...(result === null ? [] : choiceProblems(miner, result))].map(
      (text) => `in ${title}: ${text}`,
    );
  });
  return Promise.resolve([...found, ...savingProblems(miner, seed)]);
}

function mined(miner: Miner, title: string, seed: number): Tensors {
  const { groups, remembered } = BATCHES[title] as { groups: readonly number[]; remembered?: readonly number[] };
  const random = new Random(`${seed}/${title}`);
  const draw = (count: number): tf.Tensor2D => tf.tensor2d(random.normals(count * SIZE), [count, SIZE]);
  const rows = draw(groups.length);
  const columns = remembered === undefined ? rows : draw(remembered.length);
  const own = tf.tensor1d([...groups], "int32");
  const masks =
    remembered === undefined
      ? masksWithin(own)
      : masksAgainst(
          own,
          tf.tensor1d([...remembered], "int32"),
          tf.tensor1d(remembered.map((_, i) => (i < 4 ? 1 : 0))),
        );
  const distance = new Cosine();
  const given = distance.matrix(rows, columns);
  const {
    positives,
    negatives,
    triplets = {},
  } = miner.mine(given, masks, { rows, columns, distance, noise: sameNoise(seed) });
  const { listed, of, negative } = triplets;
  const choice: Readonly<Record<string, tf.Tensor | undefined>> = {
    ...{ positives, negatives, negative },
    ...{ "of positives": of?.positives, "of negatives": of?.negatives },
    ...{ "listed positives": listed?.positives, "listed negatives": listed?.negatives, counts: listed?.counts },
    ...{ "given positives": masks.positives, "given negatives": masks.negatives },
  };
  return Object.fromEntries(
    Object.entries(choice).filter((entry): entry is [string, tf.Tensor] => entry[1] !== undefined),
  );
}

function choiceProblems(miner: Miner, choice: HostTensors): string[] {
  const bad = notFinite(choice);
  if (bad !== null) return [`not finite: ${bad}`];
  const problems: string[] = [];
  for (const side of ["positives", "negatives"] as const) {
    const given = choice[`given ${side}`] as HostTensor;
    for (const name of [side, `of ${side}`]) {
      const mask = choice[name];
      if (mask === undefined) continue;
      if (mask.shape.join() !== given.shape.join()) {
        problems.push(`${name} has shape [${mask.shape.join(", ")}], expected [${given.shape.join(", ")}]`);
        continue;
      }
      if (mask.data instanceof Int32Array)
        problems.push(`${name} is not float32; end a comparison with tf.cast(…, "float32")`);
      const outside = mask.data.findIndex((value, i) => value < 0 || (value !== 0 && given.data[i] === 0));
      if (outside !== -1)
        problems.push(`${name} is ${mask.data[outside]} at ${placeOf(outside, given)}, where the given mask is 0`);
    }
    problems.push(...listedProblems(choice, side, given));
    if (miner.single && rowSums(choice[side] as HostTensor).some((sum) => sum > 1))
      problems.push(`single is true, but a row has several ${side}`);
  }
  return problems;
}

/** Triplets that are listed must be of pairs that are there. */
function listedProblems(choice: HostTensors, side: "positives" | "negatives", given: HostTensor): string[] {
  const [listed, counts] = [choice[`listed ${side}`], choice["counts"]];
  if (listed === undefined || counts === undefined) return [];
  const [, columns = 0] = given.shape;
  const [, each = 1] = listed.shape;
  const at = counts.data.findIndex((count, i) => {
    const column = listed.data[i] as number;
    return count !== 0 && given.data[Math.floor(i / each) * columns + column] !== 1;
  });
  return at === -1
    ? []
    : [`listed ${side} has column ${listed.data[at]} in row ${Math.floor(at / each)}, which is none`];
}

function savingProblems(miner: Miner, seed: number): string[] {
  const kept = configurationProblems(miner.config);
  if (kept.length > 0) return kept;
  try {
    const again = minerOf({ type: miner.type, config: savedConfiguration(miner.config) }) as Miner;
    const choose = (one: Miner): HostTensors => runTwice("it", () => mined(one, "a batch", seed)).result ?? {};
    const other = difference(choose(miner), choose(again));
    return [
      ...changedConfiguration(miner.config, again.config),
      ...(other === null ? [] : [`it chooses others after loading: ${other}; is an option not in config?`]),
    ];
  } catch (error) {
    return [thrown("loading it again", error)];
  }
}

function rowSums({ data, shape: [rows = 0, columns = 0] }: HostTensor): number[] {
  const sums = new Array<number>(rows).fill(0);
  data.forEach((value: number, i: number) => {
    sums[Math.floor(i / columns)] = (sums[Math.floor(i / columns)] ?? 0) + value;
  });
  return sums;
}

function placeOf(at: number, { shape: [, columns = 1] }: HostTensor): string {
  return `[${Math.floor(at / columns)}, ${at % columns}]`;
}
