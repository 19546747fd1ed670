import { expect } from "chai";
import { AssemblyError, TrainableModel, Trainer, type SimilarityLoss } from "likewise";
import {
  ArcFaceLoss,
  CenterLoss,
  GradientCache,
  MatryoshkaLoss,
  MultipleLosses,
  ProjectedLoss,
  ProxyAnchorLoss,
  SoftmaxLoss,
  TripletLoss,
} from "likewise/losses";
import { failure } from "../support/failure.js";
import { TinyEncoder, TinyHead, TinyLoader, tinySamples } from "../support/tiny.js";
import { watch } from "../support/watch.js";

const train = new TinyLoader(tinySamples(6, 4), 12);

const SIZE = 4;

class Model extends TrainableModel<"group", readonly number[]> {
  constructor(readonly loss: SimilarityLoss<"group">) {
    super();
  }
  override configureEncoders() {
    return new TinyEncoder(6);
  }
  override configureHead(inputSize: number) {
    return new TinyHead(inputSize, SIZE);
  }
  override configureLoss() {
    return this.loss;
  }
}

describe("A loss with parameters for fewer groups than there are", () => {
  const face = (embeddingSize: number) => new ArcFaceLoss({ embeddingSize, groups: 5 });
  const made: Readonly<Record<string, (size: number) => SimilarityLoss<"group">>> = {
    ArcFaceLoss: face,
    SoftmaxLoss: (embeddingSize) => new SoftmaxLoss({ embeddingSize, groups: 5 }),
    CenterLoss: (embeddingSize) => new CenterLoss({ embeddingSize, groups: 5 }),
    ProxyAnchorLoss: (embeddingSize) => new ProxyAnchorLoss({ embeddingSize, groups: 5 }),
    MultipleLosses: (size) => new MultipleLosses({ triplet: new TripletLoss(), face: face(size) }),
    ProjectedLoss: (size) => new ProjectedLoss(face(size), { embeddingSize: size, sizes: [size] }),
    MatryoshkaLoss: (size) => new MatryoshkaLoss((each) => face(each), { embeddingSize: size, sizes: [size, 2] }),
    GradientCache: (size) => new GradientCache(face(size), { chunkSize: 4 }),
  };
  for (const [name, make] of Object.entries(made))
    it(`is refused before the first step: ${name}`, async () => {
      const trainer = new Trainer({ progress: false, maxEpochs: 1 });
      const seen = watch(trainer);
      const error = await failure(trainer.fit(new Model(make(SIZE)), { train }));
      expect(error).to.be.instanceOf(AssemblyError);
      const { problems } = error as AssemblyError;
      expect(problems).to.have.length(1);
      expect(problems[0]).to.match(
        new RegExp(`configureLoss: ${name} knows 5 groups, but the train loader has 6; .*LossContext`, "u"),
      );
      expect(seen.events).to.deep.equal([]);
    });

  it("is trained with as many or more", async () => {
    for (const groups of [6, 7]) {
      const model = new Model(new ArcFaceLoss({ embeddingSize: SIZE, groups }));
      await using trained = await new Trainer({ progress: false, maxSteps: 1 }).fit(model, { train });
      expect(trained.embeddingSize).to.be.greaterThan(0);
    }
    expect(new TripletLoss().groupCount).to.equal(null);
  });
});
