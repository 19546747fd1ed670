import { finite, oneOf, unknownOptions, wholeNumber, type Problem } from "../../lib/contracts/options.js";
import { show } from "../../lib/show.js";

/** What a picture is turned into. */
export interface ImageOptions {
  readonly width: number;
  readonly height: number;
  /** 3: red, green, blue; 1: grey. Default 3. */
  readonly channels?: 1 | 3;
  /** "cover" cuts off what stands over, "contain" adds `background`, "fill" stretches. Default "cover". */
  readonly fit?: "cover" | "contain" | "fill";
  /** What black and white become. Default [0, 1]. */
  readonly range?: readonly [black: number, white: number];
  /** Taken off each channel after `range`. Default nothing. */
  readonly mean?: readonly number[];
  /** What each channel is divided by afterwards. Default 1. */
  readonly deviation?: readonly number[];
  /** Order of the numbers: rows of pixels of channels, or channels of rows of pixels. Default "hwc". */
  readonly layout?: "hwc" | "chw";
  /** Grey, from 0 to 255, under what is transparent and beside what is narrow. Default 255. */
  readonly background?: number;
}

/** All options, in the form they are saved. */
export type ImageSettings = Required<ImageOptions>;

const KEYS = ["width", "height", "channels", "fit", "range", "mean", "deviation", "layout", "background"];

/** Options with their defaults. */
export function imageSettings(options: ImageOptions): ImageSettings {
  const { channels = 3, fit = "cover", range = [0, 1], layout = "hwc", background = 255 } = options;
  const mean = options.mean ?? Array.from({ length: channels }, () => 0);
  const deviation = options.deviation ?? Array.from({ length: channels }, () => 1);
  return { width: options.width, height: options.height, channels, fit, range, mean, deviation, layout, background };
}

/** What is wrong with the options. */
export function imageProblems(options: ImageOptions): Problem[] {
  const { width, height, channels, fit, range, mean, deviation, layout, background } = imageSettings(options);
  const numbers = (name: string, given: readonly number[], length: number): Problem =>
    Array.isArray(given) && given.length === length && given.every((value) => Number.isFinite(value))
      ? null
      : `${name}: expected ${length} numbers, got ${show(given)}`;
  return [
    ...unknownOptions(options, KEYS),
    wholeNumber("width", width, 1, 16384),
    wholeNumber("height", height, 1, 16384),
    channels === 1 || channels === 3 ? null : `channels: expected 1 or 3, got ${show(channels)}`,
    oneOf("fit", fit, ["cover", "contain", "fill"]),
    numbers("range", range, 2),
    numbers("mean", mean, channels),
    numbers("deviation", deviation, channels),
    Array.isArray(deviation) && deviation.includes(0) ? "deviation: nothing is divided by 0" : null,
    oneOf("layout", layout, ["hwc", "chw"]),
    finite("background", background),
  ];
}
