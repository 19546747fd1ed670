import { inTurn } from "../lib/tensor/in-turn.js";
import * as tf from "../lib/tensor/tf.js";

/** From where to where numbers are told apart, and how sharply. */
export interface SmoothRanks {
  /** Numbers lie from 0 to here; what is larger counts here, without a gradient. */
  readonly largest: number;
  /** A difference of this much counts as three quarters. */
  readonly temperature: number;
}

/** Places of the grid for each temperature; four of them keep what a single pair counts within 3e-5. */
const PER_TEMPERATURE = 4;
/** Most places, so that what a batch is multiplied with stays small. */
const MOST_PLACES = 4096;

/** What is wrong with a range, or null. */
export function smoothRanksProblem({ largest, temperature }: SmoothRanks): string | null {
  return placesOf({ largest, temperature }) <= MOST_PLACES
    ? null
    : `temperature: expected at least largest / ${MOST_PLACES / PER_TEMPERATURE - 1}, got ${temperature} for ${largest}`;
}

function placesOf({ largest, temperature }: SmoothRanks): number {
  return Math.ceil((largest * PER_TEMPERATURE) / temperature) + 4;
}

/**
 * `[n, m]`, how many numbers of the same row are smaller, smoothly: at column j `Σₖ weightₖ σ((valueⱼ - valueₖ) / temperature)` with the
 * logistic function σ, over all columns k, j among them. `O(n m)` instead of the `n m²` of looking at all pairs: the weights are spread
 * over a grid of places by cubic interpolation, summed up for each place there, and what was found is interpolated between places.
 * The weights get no gradient.
 */
export function smoothRanks(values: tf.Tensor2D, weights: tf.Tensor2D, range: SmoothRanks): tf.Tensor2D {
  const { temperature, largest } = range;
  return tf.customGrad((given, save) => {
    const x = given as tf.Tensor2D;
    const value = tf.tidy(() => {
      const at = onGrid(x, range);
      return at.read(
        tf.matMul(
          at.spread(weights),
          betweenPlaces(range, (z) => tf.sigmoid(z)),
        ),
      );
    });
    (save as tf.GradSaveFunc)([x, weights]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        tf.tidy(() => {
          const [kept, held] = saved as [tf.Tensor2D, tf.Tensor2D];
          const at = onGrid(kept, range);
          const slope = betweenPlaces(range, (z) => tf.mul(tf.sigmoid(z), tf.sigmoid(tf.neg(z))));
          const slopes = (of: tf.Tensor2D): tf.Tensor2D => at.read(tf.matMul(at.spread(of), slope));
          const moved = inTurn(slopes(held), (found) => tf.mul(found, dy));
          const passed = inTurn(slopes(dy as tf.Tensor2D), (found) => tf.mul(found, held));
          const rise = inTurn(moved, (found) => tf.sub(found, passed));
          const within = tf.tidy(() => tf.sub(1, tf.step(tf.abs(tf.sub(kept, tf.clipByValue(kept, 0, largest))))));
          return [inTurn(rise, (found) => tf.mul(found, tf.div(within, temperature)))];
        }),
    };
  })(values) as tf.Tensor2D;
}

/** `[places, places]`, a function of how much farther the second place is than the first, in temperatures. */
function betweenPlaces(range: SmoothRanks, of: (differences: tf.Tensor2D) => tf.Tensor2D): tf.Tensor2D {
  const places = tf.div(tf.range(0, placesOf(range), 1, "float32"), PER_TEMPERATURE);
  return of(tf.sub(tf.expandDims(places, 0), tf.expandDims(places, 1)));
}

/** Weights of four places in a row, by powers of how far between the middle two a number lies: Lagrange's polynomials. */
const CUBIC = [
  [0, -1 / 3, 1 / 2, -1 / 6],
  [1, -1 / 2, -1, 1 / 2],
  [0, 1, 1 / 2, -1 / 2],
  [0, -1 / 6, 0, 1 / 6],
] as const;

interface OnGrid {
  /** `[n, m] -> [n, places]`, what each number carries, given to the four places around it. */
  spread(carried: tf.Tensor2D): tf.Tensor2D;
  /** `[n, places] -> [n, m]`, between places at each number. */
  read(table: tf.Tensor2D): tf.Tensor2D;
}

/** Where the numbers `[n, m]` lie on the grid. NaN lies at its start, and makes all it is spread with NaN. */
function onGrid(values: tf.Tensor2D, { largest, temperature }: SmoothRanks): OnGrid {
  const [rows, columns] = values.shape;
  const places = placesOf({ largest, temperature });
  const starts = places - 3;
  const shown = tf.tidy(() => tf.where(tf.isNaN(values), tf.zerosLike(values), values));
  const scaled = inTurn(
    shown,
    (held) => tf.clipByValue(held, 0, largest),
    (held) => tf.mul(held, PER_TEMPERATURE / temperature),
  );
  const start = inTurn(tf.floor(scaled), (held) => tf.clipByValue(held, 0, starts - 1));
  const beyond = inTurn(scaled, (held) => tf.sub(held, start)); // 0 to 1
  // As float32 while that is exact, because adding int32 with broadcasting is ten times slower on wasm.
  const dtype = rows * starts < 2 ** 24 ? "float32" : "int32";
  const position = tf.tidy((): tf.Tensor1D => {
    const first = tf.expandDims(tf.mul(tf.range(0, rows, 1, dtype), tf.scalar(starts, dtype)), 1); // [n, 1]
    return tf.reshape(tf.cast(tf.add(tf.cast(start, dtype), first), "int32"), [rows * columns]);
  });
  start.dispose();
  const add = (carried: tf.Tensor2D): tf.Tensor2D =>
    tf.tidy(() => {
      const flat = tf.reshape(carried, [rows * columns]);
      return tf.reshape(tf.scatterND(tf.expandDims(position, 1), flat, [rows * starts]), [rows, starts]);
    });
  const take = (table: tf.Tensor): tf.Tensor2D =>
    tf.tidy(() => tf.reshape(tf.gather(tf.reshape(table, [rows * starts]), position), [rows, columns]));
  return {
    spread: (carried) =>
      tf.tidy(() => {
        const powers: tf.Tensor2D[] = [];
        let power = tf.add<tf.Tensor2D>(carried, tf.mul(values, 0));
        for (let exponent = 0; exponent < 4; exponent += 1) {
          powers.push(add(power));
          if (exponent < 3) power = inTurn(power, (held) => tf.mul(held, beyond));
        }
        const shares = CUBIC.map((weights, place) =>
          tf.pad(sumOf(weights, powers), [
            [0, 0],
            [place, 3 - place],
          ]),
        );
        return tf.addN(shares) as tf.Tensor2D;
      }),
    read: (table) =>
      tf.tidy(() => {
        const around = CUBIC.map((_, place) => tf.slice(table, [0, place], [rows, starts]));
        const byPower = [0, 1, 2, 3].map((power) =>
          sumOf(
            CUBIC.map((weights) => weights[power] as number),
            around,
          ),
        );
        let found = take(byPower[3] as tf.Tensor);
        for (const power of [2, 1, 0])
          found = inTurn(
            found,
            (held) => tf.mul(held, beyond),
            (held) => tf.tidy(() => tf.add(held, take(byPower[power] as tf.Tensor))),
          );
        return found;
      }),
  };
}

function sumOf(weights: readonly number[], of: readonly tf.Tensor[]): tf.Tensor2D {
  return tf.addN(weights.flatMap((weight, at) => (weight === 0 ? [] : [tf.mul(of[at] as tf.Tensor, weight)])));
}
