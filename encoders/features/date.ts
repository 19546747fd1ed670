import { oneOf, optionProblems, refuse, savedOptions, type Check } from "../../lib/contracts/options.js";
import type { InputLayout } from "../../lib/contracts/encoder.js";
import { UsageError } from "../../lib/errors.js";
import type { JsonObject } from "../../lib/json.js";
import { show } from "../../lib/show.js";
import type { HostTensors } from "../../lib/tensor/host.js";
import type { HostTree } from "../../lib/tensor/tree.js";
import type * as tf from "../../lib/tensor/tf.js";
import { doublesAsWeights, weightsAsDoubles } from "./doubles.js";
import { wrongValue, type Collated, type Column, type Feature, type Learner, type PlaceOf } from "./feature.js";
import { Moments } from "./moments.js";

const PARTS = ["hour", "weekday", "month", "trend"] as const;
const UNITS = ["milliseconds", "seconds"] as const;

/** Options of `date`. */
export interface DateOptions {
  /**
   * What of a date counts: the time of day, the day of the week and the time of the year, each as sine and cosine, so that 23:59 is
   * next to 0:00; "trend" is time itself, with mean 0 and deviation 1 over the train items. Default all.
   */
  readonly parts?: readonly (typeof PARTS)[number][];
  /** What a date that is a number counts, from 1970 on. Default "milliseconds", as in JavaScript. */
  readonly unit?: (typeof UNITS)[number];
}

/**
 * A moment as a `Date`, a number, or a text such as "2024-05-31" or "2024-05-31T12:30:00Z". All parts are those of universal time
 * (UTC), on every machine; a text without a zone is taken to be in it.
 */
export function date(options: DateOptions = {}): Feature<Date | number | string | null> {
  return { type: "date", options };
}

const parts: Check = (name, value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  new Set(value).size === value.length &&
  value.every((one: unknown) => (PARTS as readonly unknown[]).includes(one))
    ? null
    : `${name}: expected some of ${PARTS.join(", ")}, got ${show(value)}`;

const CHECKS = { parts, unit: (name: string, value: unknown) => oneOf(name, value, UNITS) };

const DAY = 86_400_000;
/** Mean length of a year of the calendar. */
const YEAR = 365.2425 * DAY;

export class DateColumn implements Column {
  readonly type = "date";
  readonly vectorSize = 0;
  readonly #options: Required<DateOptions>;
  #trend: readonly number[] | null = null;

  constructor(given: object) {
    refuse("date", optionProblems(given, CHECKS));
    const { parts = PARTS, unit = "milliseconds" } = given as DateOptions;
    this.#options = { parts: PARTS.filter((part) => parts.includes(part)), unit };
  }

  static from(config: JsonObject): DateColumn {
    return new DateColumn(savedOptions<DateOptions>("date", config, ["parts", "unit"]));
  }

  get options(): JsonObject {
    return { ...this.#options };
  }

  /** The last one is 1 where the date is missing. */
  get numbers(): number {
    const { parts } = this.#options;
    return parts.length * 2 - (parts.includes("trend") ? 1 : 0) + 1;
  }

  get fitted(): boolean {
    return !this.#options.parts.includes("trend") || this.#trend !== null;
  }

  get weights(): HostTensors {
    return this.#trend === null ? {} : { trend: doublesAsWeights(this.#trend) };
  }

  restore(weights: HostTensors): void {
    if (this.#options.parts.includes("trend")) this.#trend = weightsAsDoubles(weights["trend"], 2, "trend");
  }

  learn(): Learner {
    const moments = new Moments();
    return {
      add: (given, place) => {
        if (given !== null) moments.add(this.#timeOf(given, place));
      },
      finish: () => {
        if (this.#options.parts.includes("trend")) this.#trend = [moments.mean, moments.deviation];
      },
    };
  }

  collate(values: readonly unknown[], placeOf: PlaceOf): Collated {
    const width = this.numbers;
    const numbers = new Float32Array(values.length * width);
    values.forEach((given, row) => {
      if (given === null) numbers[(row + 1) * width - 1] = 1;
      else numbers.set(this.#partsOf(this.#timeOf(given, () => placeOf(row))), row * width);
    });
    return { numbers, inputs: {} };
  }

  inputLayouts(): Readonly<Record<string, InputLayout>> {
    return {};
  }

  initialize(): HostTree {
    return {};
  }

  apply(): tf.Tensor2D {
    throw new UsageError("internal: a date has no trained vector");
  }

  #partsOf(time: number): number[] {
    const [centre, width] = (this.#trend ?? [0, 1]) as [number, number];
    return this.#options.parts.flatMap((part) => {
      switch (part) {
        case "hour":
          return onCircle(time / DAY);
        case "weekday":
          return onCircle(Math.floor(time / DAY) / 7);
        case "month":
          return onCircle((time - Date.UTC(new Date(time).getUTCFullYear(), 0)) / YEAR);
        case "trend":
          return [Math.max(-10, Math.min(10, (time - centre) / width))];
        default:
          return part satisfies never;
      }
    });
  }

  #timeOf(given: unknown, place: () => string): number {
    const milliseconds = this.#options.unit === "seconds" ? 1000 : 1;
    const time =
      given instanceof Date
        ? given.getTime()
        : typeof given === "number"
          ? given * milliseconds
          : typeof given === "string"
            ? timeOfText(given)
            : NaN;
    if (Math.abs(time) <= 8.64e15) return time; // what a Date can hold
    const expected = `a Date, a number of ${this.#options.unit}, or a text such as "2024-05-31" or "2024-05-31T12:30:00Z"`;
    throw wrongValue(place(), expected, given);
  }
}

/** The sine and cosine of so many turns. */
function onCircle(turns: number): [number, number] {
  return [Math.sin(2 * Math.PI * turns), Math.cos(2 * Math.PI * turns)];
}

const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s?(Z|[+-]\d\d:\d\d)?)?$/iu;

/** NaN for what is no date. */
function timeOfText(text: string): number {
  const found = MOMENT.exec(text.trim());
  if (found === null) return NaN;
  const [, day = "", time = "00:00", zone = "Z"] = found;
  return Date.parse(`${day}T${time}${zone.toUpperCase()}`);
}
