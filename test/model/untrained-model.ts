import { Cosine, Random, SimilarityModel, type Encoder, type Head } from "likewise";
import { initialize } from "../../lib/model/parameters.js";

type Encoders<Item> = Readonly<Record<string, Encoder<Item>>>;

/** A model that was not trained, with numbers in place of zeros so that no gate hides a mistake. */
export function modelOf<Item>(encoders: Encoders<Item>, makeHead: (inputSize: number) => Head): SimilarityModel<Item> {
  const random = new Random("export");
  const sorted = Object.entries(encoders).sort(([left], [right]) => (left < right ? -1 : 1));
  const head = makeHead(sorted.reduce((sum, [, { embeddingSize }]) => sum + embeddingSize, 0));
  const drawn = initialize(sorted, head, null, random);
  const carried = Object.fromEntries(
    Object.entries(drawn).map(([name, { data, shape }]) => [
      name,
      name.startsWith("state/") ? { data, shape } : { data: random.normals(data.length, 0, 0.3), shape },
    ]),
  );
  return new SimilarityModel({ encoders: sorted, head, carried, distance: new Cosine() });
}
