import { bag, categorical, date, FeatureEncoder, numeric, text } from "likewise/encoders";

/** Records with fields of every sort, some without a value. */
export const records = ["ab", "bc", "ca", "a", "b", "", "abcabc"].map((letters, at) => ({
  age: at === 3 ? null : at * at,
  town: letters[0] ?? null,
  likes: [...letters],
  born: at * 1e10,
  note: letters,
}));

/** An encoder that is trained on such records. */
export function recordEncoder() {
  return FeatureEncoder.fit(records, {
    age: numeric({ buckets: 3, size: 2 }),
    town: categorical({ size: 3, values: 4 }),
    likes: bag({ size: 2, values: 4 }),
    born: date(),
    note: text({ size: 3, buckets: 12 }),
  });
}
