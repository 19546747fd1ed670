import { expect } from "chai";
import { CircleLoss } from "likewise/losses";
import { checkEncoder, checkHead, checkLoss, prepareBackend } from "likewise/testing";
import { Random } from "../../lib/random.js";
import { ENCODER_EXAMPLES } from "../encoders/contract-examples.js";
import { HEAD_EXAMPLES } from "../heads/examples.js";
import { SIZE } from "../losses/contract-batches.js";
import { EXAMPLES } from "../losses/contract-examples.js";
import { LOSSES } from "../losses/exported-losses.js";

await prepareBackend();

describe("Checks for parts of one's own have nothing to say of ours:", () => {
  for (const [name, head] of HEAD_EXAMPLES) {
    it(name, async () => {
      expect(await checkHead(head)).to.deep.equal([]);
    });
  }

  for (const [name, example] of Object.entries(ENCODER_EXAMPLES)) {
    it(name, async function nothing() {
      if (example === null) this.skip();
      expect(await checkEncoder(example.make(), example.items)).to.deep.equal([]);
    });
  }

  for (const [name] of LOSSES) {
    for (const [title, { loss, rows, targets, valueSlopes = true, ordered = false }] of Object.entries(
      EXAMPLES[name]?.() ?? {},
    )) {
      it(`${name} (${title})`, async () => {
        const embeddings = { data: new Random(`${name} ${title}`).normals(rows * SIZE), rows, size: SIZE };
        const given = Object.fromEntries(
          Object.entries(targets).map(([key, values]) => [
            key,
            ["labels", "scores"].includes(key) ? Float32Array.from(values) : Int32Array.from(values),
          ]),
        );
        expect(await checkLoss(loss, embeddings, given as never, { valueSlopes, ordered })).to.deep.equal([]);
      });
    }
  }

  it("CircleLoss, but for its weights without gradient, unless told of them", async () => {
    const embeddings = { data: new Random(1).normals(48), rows: 8, size: 6 };
    const targets = { groups: Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3) };
    expect(await checkLoss(new CircleLoss(), embeddings, targets)).not.to.deep.equal([]);
    expect(await checkLoss(new CircleLoss(), embeddings, targets, { valueSlopes: false })).to.deep.equal([]);
  });
});
