/** Losses made of others are of the kind of those inside. `npm test` compiles this file; nothing in it runs. */
import { TrainableModel, type LossContext } from "likewise";
import { field, NgramEmbedding, NgramEncoder } from "likewise/encoders";
import { DenseHead } from "likewise/heads";
import {
  CosineSimilarityLoss,
  EmbeddingDistillationLoss,
  GradientCache,
  GuidedMultipleNegativesRankingLoss,
  LossByDataset,
  MatryoshkaLoss,
  MultipleLosses,
  MultipleNegativesRankingLoss,
  NTXentLoss,
  SelfSupervisedLoss,
  SoftmaxLoss,
  TripletLoss,
} from "likewise/losses";

abstract class Texts<K extends "pair" | "group"> extends TrainableModel<K, string> {
  override configureEncoders() {
    return new NgramEmbedding();
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 64 });
  }
}

export class Student extends Texts<"pair"> {
  override configureGuide() {
    return new NgramEncoder({ idf: false });
  }
  override configureLoss({ embeddingSize, guideSize }: LossContext) {
    const rank = new GuidedMultipleNegativesRankingLoss();
    const distill = new EmbeddingDistillationLoss({ kind: "pair", embeddingSize, guideSize, project: true });
    return new GradientCache(new MultipleLosses({ rank, distill }, { weights: { distill: 0.1 } }), { chunkSize: 64 });
  }
}

export class Prefixes extends Texts<"group"> {
  override configureLoss({ embeddingSize, groups }: LossContext) {
    return new MatryoshkaLoss((size) => new SoftmaxLoss({ embeddingSize: size, groups }), {
      embeddingSize,
      sizes: [embeddingSize, 32],
    });
  }
}

export class TwoViews extends Texts<"pair"> {
  override configureLoss() {
    return new SelfSupervisedLoss(new NTXentLoss());
  }
}

export class Datasets extends Texts<"pair"> {
  override configureLoss() {
    return new LossByDataset({ questions: new MultipleNegativesRankingLoss(), judged: new CosineSimilarityLoss() });
  }
}

export class PrefixesOfGroupsForPairs extends Texts<"pair"> {
  // @ts-expect-error triplets are of groups
  override configureLoss({ embeddingSize }: LossContext) {
    return new MatryoshkaLoss(new TripletLoss(), { embeddingSize, sizes: [16] });
  }
}

export class GuideOfOtherItems extends Texts<"pair"> {
  // @ts-expect-error the guide reads records, the items are texts
  override configureGuide() {
    return field("title", new NgramEncoder({ idf: false }));
  }
  override configureLoss() {
    return new GuidedMultipleNegativesRankingLoss();
  }
}

// @ts-expect-error two views need a loss over groups
export const viewsOfPairs = new SelfSupervisedLoss(new CosineSimilarityLoss());
