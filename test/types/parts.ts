/** Wrong fields and options of the parts do not compile. `npm test` compiles this file; nothing in it runs. */
import { TrainableModel } from "likewise";
import { field, NgramEncoder, VectorEncoder } from "likewise/encoders";
import { DenseHead, SkipConnectionHead } from "likewise/heads";
import { ArcFaceLoss, ContrastiveLoss, MultipleNegativesRankingLoss, TripletLoss } from "likewise/losses";

interface Product {
  readonly title: string;
  readonly price: number;
  readonly vector: readonly number[];
}

export class Good extends TrainableModel<"group", Product> {
  override configureEncoders() {
    return { title: field("title", new NgramEncoder()), vector: field("vector", new VectorEncoder(3)) };
  }
  override configureHead(inputSize: number) {
    return new SkipConnectionHead(inputSize, { dropout: 0.1 });
  }
  override configureLoss() {
    return new TripletLoss({ mining: "semi-hard", distance: "cosine" });
  }
}

export class MisspeltField extends TrainableModel<"group", Product> {
  // @ts-expect-error products have no field "titel"
  override configureEncoders() {
    return { title: field("titel", new NgramEncoder()) };
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 4 });
  }
  override configureLoss() {
    return new TripletLoss();
  }
}

export class FieldOfAnotherType extends TrainableModel<"group", Product> {
  // @ts-expect-error the price is a number, the encoder reads strings
  override configureEncoders() {
    return { price: field("price", new NgramEncoder()) };
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 4 });
  }
  override configureLoss() {
    return new TripletLoss();
  }
}

export class LossOfPairs extends TrainableModel<"group", Product> {
  override configureEncoders() {
    return field("title", new NgramEncoder());
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 4 });
  }
  // @ts-expect-error contrastive loss learns from pairs
  override configureLoss() {
    return new ContrastiveLoss();
  }
}

export class RankingOfTuples extends TrainableModel<"tuple", string> {
  override configureEncoders() {
    return new NgramEncoder();
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 4 });
  }
  override configureLoss() {
    return new MultipleNegativesRankingLoss({ kind: "tuple" });
  }
}

export class RankingOfPairsForTuples extends TrainableModel<"tuple", string> {
  override configureEncoders() {
    return new NgramEncoder();
  }
  override configureHead(inputSize: number) {
    return new DenseHead(inputSize, { outputSize: 4 });
  }
  // @ts-expect-error without kind: "tuple" it learns from pairs
  override configureLoss() {
    return new MultipleNegativesRankingLoss();
  }
}

// @ts-expect-error a misspelt option
void new TripletLoss({ minning: "hard" });
// @ts-expect-error a mining that does not exist
void new TripletLoss({ mining: "semihard" });
// @ts-expect-error a distance that does not exist
void new TripletLoss({ distance: "cosin" });
// @ts-expect-error a proxy loss needs to know the groups
void new ArcFaceLoss({ embeddingSize: 4 });
// @ts-expect-error a misspelt option
void new SkipConnectionHead(4, { dropOut: 0.1 });
// @ts-expect-error a misspelt option
void new NgramEncoder({ dimension: 64 });
