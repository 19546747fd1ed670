import type { Sharp } from "sharp";
import { refuse } from "../../lib/contracts/options.js";
import { DataError, EngineError } from "../../lib/errors.js";
import { imageProblems, imageSettings, type ImageOptions, type ImageSettings } from "./image-options.js";

/** Pixels that were decoded elsewhere: rows of pixels of channels, each number a byte. */
export interface PixelImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: red, green, blue, 4: with transparency. */
  readonly channels: 1 | 3 | 4;
}

/** A picture: path of a file, bytes of a file, or pixels. */
export type ImageSource = string | Uint8Array | PixelImage;

/** Pictures that are decoded at a time. */
const AT_ONCE = 8;

/**
 * Pictures as numbers `[images, height, width, channels]`, or `[images, channels, height, width]`: decoded, turned upright as their
 * camera says, resized, brought to `range`, less `mean`, by `deviation`. JPEG, PNG, WebP, GIF, AVIF, TIFF and SVG by the package sharp;
 * pixels that have the right size already need nothing.
 *
 * @throws EngineError when sharp is needed and not installed; DataError naming the position of a picture that cannot be read.
 */
export async function decodeImages(images: readonly ImageSource[], options: ImageOptions): Promise<Float32Array> {
  refuse("decodeImages", imageProblems(options));
  const settings = imageSettings(options);
  const size = settings.width * settings.height * settings.channels;
  const result = new Float32Array(images.length * size);
  for (let start = 0; start < images.length; start += AT_ONCE) {
    const some = images.slice(start, start + AT_ONCE);
    const pixels = await Promise.all(some.map((image, i) => pixelsOf(image, settings, start + i)));
    pixels.forEach((one, i) => scale(one, settings, result.subarray((start + i) * size, (start + i + 1) * size)));
  }
  return result;
}

/** `[height, width, channels]` bytes. */
async function pixelsOf(image: ImageSource, settings: ImageSettings, position: number): Promise<Uint8Array> {
  const { width, height, channels, fit, background } = settings;
  if (isPixels(image)) {
    if (image.data.length !== image.width * image.height * image.channels) {
      const shape = `${image.height} × ${image.width} × ${image.channels}`;
      throw new DataError(`image ${position}: expected ${shape} bytes, got ${image.data.length}`);
    }
    if (image.width === width && image.height === height && image.channels === channels) return bytesOf(image);
  } else if (typeof image !== "string" && !(image instanceof Uint8Array)) {
    throw new DataError(
      `image ${position}: expected a path, the bytes of a file, or { data, width, height, channels }`,
    );
  }
  const open = await loadSharp();
  const grey = { r: background, g: background, b: background };
  try {
    const source: Sharp = isPixels(image)
      ? open(bytesOf(image), { raw: { width: image.width, height: image.height, channels: image.channels } })
      : open(image).rotate();
    const { data, info } = await source
      .flatten({ background: grey })
      .resize(width, height, { fit, background: grey })
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return info.channels === channels ? data : channelsAs(data, info.channels, channels);
  } catch (cause) {
    const file = typeof image === "string" ? image : undefined;
    throw new DataError(`image ${position} cannot be read: ${(cause as Error).message}`, file, undefined, { cause });
  }
}

/** The first channels, or one repeated. */
function channelsAs(data: Uint8Array, from: number, to: number): Uint8Array {
  const pixels = data.length / from;
  return Uint8Array.from(
    { length: pixels * to },
    (_, i) => data[Math.floor(i / to) * from + Math.min(i % to, from - 1)]!,
  );
}

function scale(pixels: Uint8Array, settings: ImageSettings, target: Float32Array): void {
  const { channels, range, mean, deviation, layout } = settings;
  const area = settings.width * settings.height;
  for (let channel = 0; channel < channels; channel += 1) {
    const by = (range[1] - range[0]) / 255 / deviation[channel]!;
    const from = (range[0] - mean[channel]!) / deviation[channel]!;
    for (let i = 0; i < area; i += 1) {
      target[layout === "hwc" ? i * channels + channel : channel * area + i] =
        pixels[i * channels + channel]! * by + from;
    }
  }
}

function isPixels(image: ImageSource): image is PixelImage {
  return typeof image === "object" && image !== null && "width" in image && "data" in image;
}

function bytesOf({ data }: PixelImage): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

async function loadSharp(): Promise<typeof import("sharp").default> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    throw new EngineError("pictures are decoded by the package sharp: npm install sharp", { cause });
  }
}
