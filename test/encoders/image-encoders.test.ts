import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import sharp from "sharp";
import { decodeImages, GraphModelEncoder, OnnxImageEncoder, type PixelImage } from "likewise/encoders";
import { ConfigError, DataError, FileFormatError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import { expectClose } from "../support/close.js";
import { failure } from "../support/failure.js";
import { temporaryFolder } from "../support/folder.js";
import { sharedPath } from "../support/shared.js";
import { writeGraphModel } from "./graph-model.js";
import { savedAndLoaded } from "./running.js";

const GREY: PixelImage = { data: Uint8Array.from([0, 51, 102, 255]), width: 2, height: 2, channels: 1 };

function noise(seed: string, width: number, height: number): PixelImage {
  const data = Uint8Array.from(new Random(seed).normals(width * height * 3), (x) => 128 + 40 * x);
  return { data, width, height, channels: 3 };
}

/** Bytes of an IDX file after its header. */
function idx(path: string, header: number): Uint8Array {
  return gunzipSync(readFileSync(path)).subarray(header);
}

describe("decodeImages", () => {
  it("gives pixels of the right size as they are, in a range, normalized, in either order", async () => {
    const size = { width: 2, height: 2, channels: 1 } as const;
    expectClose(await decodeImages([GREY], size), [0, 0.2, 0.4, 1], { absolute: 1e-6 });
    expectClose(await decodeImages([GREY], { ...size, range: [-1, 1] }), [-1, -0.6, -0.2, 1], { absolute: 1e-6 });
    expectClose(await decodeImages([GREY], { ...size, mean: [0.5], deviation: [0.25] }), [-2, -1.2, -0.4, 2], {
      absolute: 1e-6,
    });
    const color: PixelImage = { data: Uint8Array.from([0, 51, 102, 153, 204, 255]), width: 2, height: 1, channels: 3 };
    const wide = { width: 2, height: 1 };
    expectClose(await decodeImages([color], wide), [0, 0.2, 0.4, 0.6, 0.8, 1], { absolute: 1e-6 });
    expectClose(await decodeImages([color], { ...wide, layout: "chw" }), [0, 0.6, 0.2, 0.8, 0.4, 1], {
      absolute: 1e-6,
    });
  });

  it("reads files, bytes of files and pixels alike, grey and in color", async () => {
    await using folder = await temporaryFolder();
    const picture = noise("picture", 8, 6);
    const raw = { width: 8, height: 6, channels: 3 } as const;
    const bytes = await sharp(picture.data, { raw }).png().toBuffer();
    const file = join(folder.path, "picture.png");
    await writeFile(file, bytes);
    const options = { width: 8, height: 6 };
    const expected = Array.from(picture.data, (value) => value / 255);
    for (const source of [picture, bytes, file]) {
      expectClose(await decodeImages([source], options), expected, { absolute: 1e-6 });
    }
    const grey = await decodeImages([bytes], { ...options, channels: 1 });
    expect(grey.length).to.equal(48);
    const three = await decodeImages([GREY], { width: 2, height: 2 });
    expectClose(three, [0, 0, 0, 0.2, 0.2, 0.2, 0.4, 0.4, 0.4, 1, 1, 1], { absolute: 1e-6 });
  });

  it("cuts, fits with a background, or stretches; lays transparency on the background", async () => {
    const black: PixelImage = { data: new Uint8Array(4 * 2 * 3), width: 4, height: 2, channels: 3 };
    const square = { width: 4, height: 4 };
    const share = async (fit: "cover" | "contain" | "fill"): Promise<number> =>
      (await decodeImages([black], { ...square, fit, background: 255 })).filter((value) => value > 0.9).length / 48;
    expect(await share("cover")).to.equal(0);
    expect(await share("fill")).to.equal(0);
    expect(await share("contain")).to.equal(0.5);
    const clear: PixelImage = { data: Uint8Array.from([9, 9, 9, 0]), width: 1, height: 1, channels: 4 };
    const [value] = await decodeImages([clear], { width: 1, height: 1, background: 102 });
    expect(value).to.be.closeTo(0.4, 0.01);
  });

  it("refuses what is no picture, with its position, and wrong options", async () => {
    const size = { width: 2, height: 2, channels: 1 } as const;
    const refused = [Uint8Array.of(1, 2, 3), "/nowhere.png", { ...GREY, width: 3 }, 7 as never];
    for (const source of refused) {
      const error = await failure(decodeImages([GREY, source], size));
      expect(error).to.be.instanceOf(DataError);
      expect(error.message).to.include("image 1");
    }
    expect(await failure(decodeImages([], { width: 0, height: 2, fit: "crop" as never }))).to.be.instanceOf(
      ConfigError,
    );
    expect(await failure(decodeImages([], { width: 1, height: 2, deviation: [0, 1, 1] }))).to.be.instanceOf(
      ConfigError,
    );
  });
});

describe("GraphModelEncoder and OnnxImageEncoder", () => {
  it("agree on the same pictures through the same network, alone as together, and after saving", async function () {
    this.timeout(60_000);
    const image = { range: [-1, 1] as const };
    const folder = sharedPath(this, "data/encoders/mobilenetv2-035-tfjs");
    const graph = await GraphModelEncoder.load(folder, { image, output: 0 });
    const onnx = await OnnxImageEncoder.load(sharedPath(this, "data/encoders/mobilenetv2-035-onnx/model.onnx"), {
      image,
    });
    const pictures = [noise("one", 224, 224), noise("two", 100, 60), noise("three", 300, 400)];
    const rows = await graph.embed(pictures);
    expect([graph.embeddingSize, onnx.embeddingSize]).to.deep.equal([1280, 1280]);
    expectClose(await onnx.embed(pictures), [...rows], { absolute: 1e-4 });
    expectClose(await onnx.embed(pictures.slice(1, 2)), [...rows.subarray(1280, 2560)], { absolute: 1e-4 });
    expect([...(await savedAndLoaded(graph).embed(pictures))]).to.deep.equal([...rows]);
    await graph.open();
    expect([...(await graph.embed(pictures))]).to.deep.equal([...rows]);
    graph[Symbol.dispose]();
    await Promise.resolve();
    const unit = await OnnxImageEncoder.load(sharedPath(this, "data/encoders/mobilenetv2-035-onnx/model.onnx"), {
      image,
      normalize: true,
    });
    expect(Math.hypot(...(await unit.embed(pictures.slice(0, 1))))).to.be.closeTo(1, 1e-4);
    expect(unit.fingerprint()).not.to.equal(onnx.fingerprint());
  });

  it("put like digits together: nearest neighbours by the digits model are of the same class", async function () {
    const path = sharedPath(this, "data/encoders/mnist-onnx/mnist.onnx");
    const encoder = await OnnxImageEncoder.load(path, { image: { range: [0, 255] } });
    const pixels = idx(sharedPath(this, "data/images/mnist/t10k-images.idx.gz"), 16);
    const labels = idx(sharedPath(this, "data/images/mnist/t10k-labels.idx.gz"), 8);
    const digits = Array.from({ length: 200 }, (_, i): PixelImage => {
      return { data: pixels.subarray(i * 784, (i + 1) * 784), width: 28, height: 28, channels: 1 };
    });
    const rows = await encoder.embed(digits);
    const right = digits.filter((_, i) => {
      const distances = digits.map((_other, j) =>
        i === j
          ? Infinity
          : [...rows.subarray(i * 10, i * 10 + 10)].reduce((sum, x, k) => sum + (x - rows[j * 10 + k]!) ** 2, 0),
      );
      return labels[distances.indexOf(Math.min(...distances))] === labels[i];
    });
    expect(right.length / digits.length).to.be.above(0.9);
  });

  it("read graph models, and any node of them", async () => {
    await using folder = await temporaryFolder();
    await writeGraphModel(folder.path);
    const encoder = await GraphModelEncoder.load(folder.path);
    expectClose(
      await encoder.embed([
        [1, 2],
        [3, 4],
        [-9, 0],
      ]),
      [5, 11, 0],
      { absolute: 1e-6 },
    );
    const before = await GraphModelEncoder.load(folder.path, { output: "product", batchSize: 1 });
    expectClose(
      await before.embed([
        [1, 2],
        [-9, 0],
      ]),
      [5, -9],
      { absolute: 1e-6 },
    );
    expect(before.fingerprint()).not.to.equal(encoder.fingerprint());
    expect((await encoder.embed([])).length).to.equal(0);
    expect(await failure(encoder.embed([[1, 2, 3]]))).to.be.instanceOf(DataError);
    expect(await failure(GraphModelEncoder.load(folder.path, { image: {} }))).to.be.instanceOf(ConfigError);
    expect(await failure(GraphModelEncoder.load(folder.path, { output: "nothing" }))).to.be.instanceOf(FileFormatError);
  });

  it("refuse models whose weights lie outside their folder or are cut short", async () => {
    await using folder = await temporaryFolder();
    const inner = join(folder.path, "model");
    await mkdir(inner);
    await writeFile(join(folder.path, "weights.bin"), new Uint8Array(8));
    for (const name of ["../weights.bin", join(folder.path, "weights.bin"), "link.bin"]) {
      await writeGraphModel(inner, name);
      if (name === "link.bin") await symlink("../weights.bin", join(inner, name));
      const error = await failure(GraphModelEncoder.load(inner));
      expect(error).to.be.instanceOf(FileFormatError);
      expect(error.message).to.include("outside its folder");
    }
    await writeGraphModel(inner);
    await writeFile(join(inner, "weights.bin"), new Uint8Array(7));
    expect((await failure(GraphModelEncoder.load(inner))).message).to.include("8 bytes");
    await writeFile(join(inner, "model.json"), "{}");
    expect(await failure(GraphModelEncoder.load(inner))).to.be.instanceOf(FileFormatError);
    expect(await failure(GraphModelEncoder.load(join(folder.path, "none")))).to.be.instanceOf(FileFormatError);
  });
});
