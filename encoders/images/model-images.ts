import { refuse } from "../../lib/contracts/options.js";
import { DataError } from "../../lib/errors.js";
import { writeNumbers, type NumericItem } from "../numeric-items.js";
import { decodeImages, type ImageSource } from "./decode-images.js";
import { imageProblems, imageSettings, type ImageOptions, type ImageSettings } from "./image-options.js";

/** How pictures are turned into what a model reads; size, channels and order of numbers come from the model. */
export type ModelImageOptions = Partial<ImageOptions>;

/** What a model of pictures reads: a picture, or numbers as they are. */
export type ModelItem = ImageSource | NumericItem;

/**
 * Settings for a model whose input has this shape, without the batch; null stays null: items are numbers.
 * @throws ConfigError for a shape that is no picture's, or options that contradict it.
 */
export function imagesFor(
  who: string,
  shape: readonly number[],
  options: ModelImageOptions | null,
): ImageSettings | null {
  if (options === null) return null;
  const [first = 0, second = 0, third = 0] = shape;
  const isChannels = (length: number): length is 1 | 3 => length === 1 || length === 3;
  const layout = isChannels(third) ? "hwc" : isChannels(first) ? "chw" : null;
  refuse(who, [
    shape.length === 3 && layout !== null ? null : `image: the model reads [${shape.join(", ")}], which is no picture`,
  ]);
  const [height, width, channels] = layout === "hwc" ? [first, second, third] : [second, third, first];
  const own = { width, height, channels: channels as 1 | 3, layout: layout ?? "hwc" } as const;
  refuse(who, [
    ...Object.entries(own).map(([name, value]) => {
      const given = options[name as keyof ModelImageOptions];
      return given === undefined || given === value
        ? null
        : `image.${name}: the model reads ${value}, got ${String(given)}`;
    }),
    ...imageProblems({ ...options, ...own }).map((problem) => problem && `image.${problem}`),
  ]);
  return imageSettings({ ...options, ...own });
}

/** Numbers of items one after the other, `[items, ...shape]`. */
export async function numbersOf(
  who: string,
  items: readonly ModelItem[],
  shape: readonly number[],
  image: ImageSettings | null,
  first: number,
): Promise<Float32Array> {
  if (image !== null) {
    try {
      return await decodeImages(items as readonly ImageSource[], image);
    } catch (cause) {
      if (!(cause instanceof DataError)) throw cause;
      throw new DataError(`${who}: of the items from ${first}: ${cause.message}`, undefined, undefined, { cause });
    }
  }
  const size = shape.reduce((product, length) => product * length, 1);
  const rows = new Float32Array(items.length * size);
  items.forEach((item, i) => {
    writeNumbers(rows.subarray(i * size, (i + 1) * size), item as NumericItem, shape, `${who}: item ${first + i}`);
  });
  return rows;
}
