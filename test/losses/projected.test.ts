import { expect } from "chai";
import { ArcFaceLoss, MultipleNegativesRankingLoss, ProjectedLoss, TripletLoss } from "likewise/losses";
import { ConfigError, ShapeError } from "../../lib/errors.js";
import { Random } from "../../lib/random.js";
import type { HostTensor } from "../../lib/tensor/host.js";
import type { HostTree } from "../../lib/tensor/tree.js";
import { expectClose } from "../support/close.js";
import { centralDifferences, type Matrix } from "../support/gradient.js";
import { judge, randomRows } from "../support/loss.js";
import { kernelOf, plainProxyLoss } from "../support/plain-softmax.js";

const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, k) => sum + x * (b[k] as number), 0) / Math.hypot(...a) / Math.hypot(...b);

describe("ProjectedLoss", () => {
  const rows = randomRows(new Random("rows"), 6, 4);
  const groups = [0, 1, 2, 0, 1, 2];
  const sizes = [9, 3];

  /** What the layers make of rows. */
  const projected = (of: Matrix, layers: readonly { map: HostTensor; bias: HostTensor }[]): number[][] =>
    layers.reduce<number[][]>(
      (at, { map, bias }, layer) =>
        at.map((row) =>
          Array.from(bias.data, (start, to) => {
            const value = row.reduce((sum, x, k) => sum + x * (map.data[k * bias.data.length + to] as number), start);
            return layer < layers.length - 1 ? Math.max(0, value) : value;
          }),
        ),
      of.map((row) => [...row]),
    );

  it("is the loss inside, with its own parameters, of what the layers make of rows: value and gradient", () => {
    const inside = new ArcFaceLoss({ embeddingSize: 3, groups: 3, margin: 0, scale: 4 });
    const loss = new ProjectedLoss(inside, { embeddingSize: 4, sizes });
    const drawn = loss.initialize(new Random("layers")).parameters;
    const projection = drawn["projection"] as Readonly<Record<string, { map: HostTensor; bias: HostTensor }>>;
    const layers = Object.values(projection);
    const kernel = randomRows(new Random("kernel"), 3, 3);
    const parameters = { projection, loss: kernelOf(kernel) } as unknown as HostTree;
    const plain = (at: Matrix): number =>
      plainProxyLoss(projected(at, layers), kernel, groups, (row, proxy) => 4 * cosine(row, proxy));
    const found = judge(loss, { embeddings: rows, targets: { groups }, parameters });
    expectClose(found.value, plain(rows));
    expectClose(found.gradient, centralDifferences(plain, rows), { relative: 1e-3, absolute: 1e-4 });
    expect(loss.closedVocabulary).to.equal(true);
    expect(Object.keys(found.parameterGradients)).to.have.length(5);
  });

  it("projects remembered rows too, and compares with none if the loss inside does not", () => {
    const inside = new TripletLoss({ mining: "all" });
    const loss = new ProjectedLoss(inside, { embeddingSize: 4, sizes });
    const { parameters } = loss.initialize(new Random("layers"));
    const layers = Object.values(
      parameters["projection"] as Readonly<Record<string, { map: HostTensor; bias: HostTensor }>>,
    );
    const memory = { embeddings: randomRows(new Random("memory"), 3, 4), groups: [0, 1, 2], valid: [1, 1, 1] };
    const found = judge(loss, { embeddings: rows, targets: { groups }, parameters, memory });
    const wanted = judge(inside, {
      embeddings: projected(rows, layers),
      targets: { groups },
      memory: { ...memory, embeddings: projected(memory.embeddings, layers) },
    });
    expectClose(found.value, wanted.value);
    expect(found.weight).to.equal(wanted.weight);
    const cannot = new ArcFaceLoss({ embeddingSize: 3, groups: 3 });
    expect("computeAgainst" in new ProjectedLoss(cannot, { embeddingSize: 4, sizes })).to.equal(false);
  });

  it("refuses no layers, and rows of another width", () => {
    const inside = new MultipleNegativesRankingLoss();
    expect(() => new ProjectedLoss(inside, { embeddingSize: 4, sizes: [] })).to.throw(ConfigError, "at least one");
    expect(() => new ProjectedLoss(null as never, { embeddingSize: 4, sizes })).to.throw(ConfigError, "loss");
    const loss = new ProjectedLoss(new TripletLoss(), { embeddingSize: 5, sizes });
    expect(() => judge(loss, { embeddings: rows, targets: { groups } })).to.throw(ShapeError);
  });
});
