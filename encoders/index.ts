/**
 * Turn items into vectors.
 *
 * @module likewise/encoders
 */

export { FeatureEncoder, type FeatureEncoderOptions } from "./feature-encoder.js";
export { bag, type BagOptions } from "./features/bag.js";
export { categorical, type CategoricalOptions, type Category } from "./features/categorical.js";
export { date, type DateOptions } from "./features/date.js";
export type { Feature, FeatureSchema, RecordOf } from "./features/feature.js";
export { numeric, type NumericOptions } from "./features/numeric.js";
export { suggestFeatures, type SuggestedFeatures } from "./features/suggest.js";
export { text } from "./features/text.js";
export type { VocabularyOptions } from "./features/vocabulary.js";
export { field, FrozenField, TrainableField, type WithField } from "./field.js";
export { freeze, FrozenCopy, type FreezeOptions } from "./freeze.js";
export { LayersEncoder } from "./layers-encoder.js";
export { NgramEmbedding, type NgramEmbeddingOptions } from "./ngram-embedding.js";
export { NgramEncoder, type NgramEncoderOptions } from "./ngram-encoder.js";
export type { NgramOptions } from "./ngram-options.js";
export type { NumericItem } from "./numeric-items.js";
export { OnnxEncoder, type OnnxEncoderOptions } from "./onnx-encoder.js";
export type { Pooling } from "./pooling.js";
export { SwitchEncoder } from "./switch-encoder.js";
export { TrainableSwitchEncoder } from "./trainable-switch-encoder.js";
export { VectorEncoder } from "./vector-encoder.js";
export { WordVectorEncoder } from "./word-vector-encoder.js";
export type { SifOptions, UnknownWords, WordVectorOptions } from "./words/word-vector-options.js";
export type { WordPooling } from "./words/word-pooling.js";
export type { WordVectorFormat } from "./words/word-vectors-file.js";
export { GraphModelEncoder, type GraphModelEncoderOptions } from "./graph-model-encoder.js";
export { decodeImages, type ImageSource, type PixelImage } from "./images/decode-images.js";
export type { ImageOptions } from "./images/image-options.js";
export type { ModelImageOptions, ModelItem } from "./images/model-images.js";
export { OnnxImageEncoder, type OnnxImageEncoderOptions } from "./onnx-image-encoder.js";
export { TransformersEncoder, type TransformersEncoderOptions } from "./transformers-encoder.js";
export type { TransformersDtype } from "./transformers-model.js";
