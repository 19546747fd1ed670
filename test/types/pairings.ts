/** Wrong pairings do not compile. `npm test` compiles this file; nothing in it runs. */
import {
  attach,
  FrozenEncoder,
  TrainableModel,
  Trainer,
  XbmConfig,
  type Head,
  type Loader,
  type Metric,
  type SimilarityLoss,
  type SimilarityModel,
} from "likewise";

interface Product {
  readonly title: string;
  readonly price: number;
}
declare abstract class TextEncoder extends FrozenEncoder<string> {}
declare abstract class TitleEncoder extends FrozenEncoder<{ readonly title: string }> {}
declare abstract class BrandEncoder extends FrozenEncoder<{ readonly title: string; readonly brand: string }> {}
declare const text: TextEncoder;
declare const title: TitleEncoder;
declare const brand: BrandEncoder;
declare const head: Head;
declare const groupLoss: SimilarityLoss<"group">;
declare const pairLoss: SimilarityLoss<"pair">;
declare const tupleLoss: SimilarityLoss<"tuple">;
declare const groupMetric: Metric<"group">;
declare const pairMetric: Metric<"pair">;
declare const eitherMetric: Metric<"pair" | "group">;
declare const groupsOfProducts: Loader<"group", Product>;
declare const pairsOfProducts: Loader<"pair", Product>;
declare const groupsOfTexts: Loader<"group", string>;
declare const groupsOfRicherProducts: Loader<"group", Product & { readonly stock: number }>;
declare const trainer: Trainer;

class Products extends TrainableModel<"group", Product> {
  override configureEncoders() {
    return { title };
  }
  override configureHead() {
    return head;
  }
  override configureLoss() {
    return groupLoss;
  }
  override configureMetrics() {
    return [attach(groupMetric), attach(eitherMetric, { progress: true })];
  }
  override configureXbm() {
    return new XbmConfig();
  }
}

class WrongLoss extends Products {
  // @ts-expect-error a loss of pairs in a model of groups
  override configureLoss() {
    return pairLoss;
  }
}

class WrongMetric extends TrainableModel<"group", Product> {
  override configureEncoders() {
    return title;
  }
  override configureHead() {
    return head;
  }
  override configureLoss() {
    return groupLoss;
  }
  // @ts-expect-error a metric of pairs in a model of groups
  override configureMetrics() {
    return attach(pairMetric);
  }
}

class WrongItem extends TrainableModel<"group", Product> {
  // @ts-expect-error the encoder reads strings, the items are products
  override configureEncoders() {
    return text;
  }
  override configureHead() {
    return head;
  }
  override configureLoss() {
    return groupLoss;
  }
}

class MissingField extends TrainableModel<"group", Product> {
  // @ts-expect-error the encoder needs a brand, which products do not have
  override configureEncoders() {
    return { brand };
  }
  override configureHead() {
    return head;
  }
  override configureLoss() {
    return groupLoss;
  }
}

class MemoryOfTuples extends TrainableModel<"tuple", Product> {
  override configureEncoders() {
    return title;
  }
  override configureHead() {
    return head;
  }
  override configureLoss() {
    return tupleLoss;
  }
  // @ts-expect-error a cross-batch memory remembers items of groups or of pairs
  override configureXbm() {
    return new XbmConfig();
  }
}

const products = new Products();
const fitted: Promise<SimilarityModel<Product>> = trainer.fit(products, {
  train: groupsOfProducts,
  validation: groupsOfProducts,
});
void trainer.fit(products, { train: groupsOfRicherProducts });
declare const titleModel: SimilarityModel<{ readonly title: string }>;
declare const textModel: SimilarityModel<string>;
void trainer.fit(products, { train: groupsOfProducts }, { from: titleModel });
// @ts-expect-error a trained model of texts for a model of products
void trainer.fit(products, { train: groupsOfProducts }, { from: textModel });
// @ts-expect-error a loader of pairs for a model of groups
void trainer.fit(products, { train: pairsOfProducts });
// @ts-expect-error a loader of texts for a model of products
void trainer.fit(products, { train: groupsOfTexts });
// @ts-expect-error the validation loader is of another kind
void trainer.fit(products, { train: groupsOfProducts, validation: pairsOfProducts });
// @ts-expect-error the validation loader has other items
void trainer.fit(products, { train: groupsOfProducts, validation: groupsOfTexts });
// @ts-expect-error a misspelt option of fit
void trainer.fit(products, { train: groupsOfProducts }, { resumed: "last" });
// @ts-expect-error a misspelt option of the trainer
void new Trainer({ maxEpoch: 10 });
// @ts-expect-error a misspelt nested option
void new Trainer({ earlyStopping: { patient: 3 } });
// @ts-expect-error a misspelt option of attach
void attach(groupMetric, { onStep: true });
// @ts-expect-error a misspelt option of the memory
void new XbmConfig({ buffer: 100 });
// @ts-expect-error a validation loader of another kind
void trainer.validate(products, pairsOfProducts);
void fitted.then(async (model) => {
  await model.encode([{ title: "a", price: 1 }]);
  // @ts-expect-error not a product
  await model.encode(["a"]);
});
export { MemoryOfTuples, MissingField, WrongItem, WrongLoss, WrongMetric };
