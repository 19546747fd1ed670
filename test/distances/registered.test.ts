import { expect } from "chai";
import { Cosine, distanceNamed, Lp, registerDistance, savedDistance, type SavedDistance } from "likewise";
import { ExactIndex } from "likewise/retrieval";
import { ContrastiveLoss, TripletLoss } from "likewise/losses";
import { Distance } from "../../lib/contracts/index.js";
import { ConfigError, DuplicateNameError, UnknownNameError } from "../../lib/errors.js";
import type { JsonObject } from "../../lib/json.js";
import type * as tf from "../../lib/tensor/tf.js";

class Own extends Distance {
  readonly name = "test-own";
  override readonly config: JsonObject;
  readonly #cosine = new Cosine();

  constructor(readonly factor: number) {
    super();
    this.config = { factor };
  }

  override matrix(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor2D {
    return this.#cosine.matrix(left, right);
  }

  override pairs(left: tf.Tensor2D, right: tf.Tensor2D): tf.Tensor1D {
    return this.#cosine.pairs(left, right);
  }

  override similarity<T extends tf.Tensor>(distance: T): T {
    return this.#cosine.similarity(distance);
  }

  override asInnerProduct(): null {
    return null;
  }
}

const asJson = (distance: Distance): SavedDistance =>
  JSON.parse(JSON.stringify(savedDistance(distance))) as SavedDistance;

describe("a saved distance", () => {
  it("of one's own comes back once it is registered, and says so before", () => {
    const saved = asJson(new Own(3));
    expect(() => distanceNamed(saved)).to.throw(
      UnknownNameError,
      'call registerDistance("test-own", (config) => …) first',
    );
    registerDistance("test-own", (config) => new Own(config["factor"] as number));
    const again = distanceNamed(saved);
    expect(again).to.be.instanceOf(Own);
    expect((again as Own).factor).to.equal(3);
    const loss = new TripletLoss({ distance: new Own(2) });
    expect(TripletLoss.from(loss.config).config).to.deep.equal(loss.config);
    expect(() => {
      registerDistance("test-own", () => new Own(1));
    }).to.throw(DuplicateNameError);
    expect(() => {
      registerDistance("cosine", () => new Own(1));
    }).to.throw(DuplicateNameError);
  });

  it("with settings keeps them in a loss, and refuses to be guessed", () => {
    const loss = new ContrastiveLoss({ distance: new Lp({ p: 3, power: 2 }) });
    const again = ContrastiveLoss.from(JSON.parse(JSON.stringify(loss.config)) as JsonObject);
    expect(again.distance.config).to.deep.equal({ p: 3, power: 2, normalize: false });
    expect(() => distanceNamed("lp" as "cosine")).to.throw(ConfigError, "p: missing");
  });

  it("without settings is its name", () => {
    expect(savedDistance(new Cosine())).to.equal("cosine");
  });

  it("of another class than the name says is refused where it is given and where it is saved", () => {
    class Impostor extends Own {
      // As a program without a compiler may have it.
      override readonly name = "cosine" as never;
    }
    const impostor = new Impostor(1);
    const message = 'distance "cosine" is the name of class Cosine; give Impostor a name of its own';
    expect(() => new TripletLoss({ distance: impostor })).to.throw(DuplicateNameError, message);
    expect(() => new ExactIndex({ size: 2, distance: impostor })).to.throw(DuplicateNameError, message);
    expect(() => savedDistance(impostor)).to.throw(DuplicateNameError, message);
    class Norm extends Own {
      override readonly name = "lp" as never;
    }
    expect(() => distanceNamed(new Norm(1))).to.throw(DuplicateNameError, "cannot be made of the config of Norm");
  });

  it("refuses settings that make no distance", () => {
    expect(() => new Lp({ p: 0.5, power: 0, normalize: 1 as never })).to.throw(
      ConfigError,
      /p:[^]*power:[^]*normalize:/u,
    );
    expect(() => new Lp({ q: 2 } as never)).to.throw(ConfigError, "q: unknown option");
  });
});
