/** Samples and options of the wrong shape do not compile. `npm test` compiles this file; nothing in it runs. */
import {
  GroupLoader,
  LabelLoader,
  PairLoader,
  readCsv,
  readJsonLines,
  split,
  TupleLoader,
  type Dataset,
} from "likewise/data";
import type { Loader } from "../../lib/contracts/loader.js";
import type { GroupSample } from "../../lib/contracts/samples.js";

interface Product {
  readonly title: string;
}
declare const product: Product;
declare const products: Dataset<GroupSample<Product>>;
declare function productStream(): AsyncGenerator<GroupSample<Product>>;

// Every kind of source, and the item type that follows.
const texts: Loader<"group", string> = new GroupLoader([{ item: "text", group: 1 }]);
const mixed: Loader<"group", string> = new GroupLoader([
  { item: "text", group: 1 },
  { item: "other", group: "b" },
]);
const dataset: Loader<"group", Product> = new GroupLoader(products, {
  balance: { groups: 4, perGroup: 2, singles: "skip" },
});
const stream: Loader<"group", Product> = new GroupLoader(productStream, {
  augment: (item, random) => ({ title: `${item.title}${random.bits()}` }),
});
const file: Loader<"group", string> = new GroupLoader(
  readJsonLines<{ text: string; label: string }>("x").map(({ text, label }) => ({ item: text, group: label })),
);
const csv: Loader<"pair", string> = new PairLoader(readCsv("x", { columns: ["a", "b"] }));
const scored: Loader<"pair", Product> = new PairLoader([{ a: product, b: product, score: 0.5, subgroup: 1 }], {
  key: ({ title }) => title,
});
const wider: Loader<"group", { readonly title: string }> = dataset;
void [texts, mixed, stream, file, csv, scored, wider];

// @ts-expect-error a group sample has a group, not a label
void new GroupLoader([{ item: "text", label: 1 }]);
// @ts-expect-error a group is a number or a text
void new GroupLoader([{ item: "text", group: true }]);
// @ts-expect-error items are no samples
void new GroupLoader(["text"]);
// @ts-expect-error a promise of samples has to be awaited
void new GroupLoader(readJsonLines<GroupSample<string>>("x").toArray());
// @ts-expect-error b is missing
void new PairLoader([{ a: "text" }]);
// @ts-expect-error a score is a number
void new PairLoader([{ a: "x", b: "y", score: "1" }]);
// @ts-expect-error both items of a pair are of the same type
void new PairLoader([{ a: "x", b: 1 }]);
// @ts-expect-error positives is a list
void new TupleLoader([{ anchor: "a", positives: "p" }]);
// @ts-expect-error a label is a number
void new LabelLoader([{ item: "a", label: "1" }]);
// @ts-expect-error misspelt option
void new GroupLoader(products, { batchSise: 64 });
// @ts-expect-error misspelt option of balance
void new GroupLoader(products, { balance: { perGroups: 4 } });
// @ts-expect-error balance is of group loaders
void new PairLoader([{ a: "x", b: "y" }], { balance: true });
// @ts-expect-error augment gives the same type of item
void new GroupLoader(products, { augment: (item) => item.title });
// @ts-expect-error the item has no such field
void new GroupLoader(products, { augment: (item: { name: string }) => ({ title: item.name }) });
// @ts-expect-error the loader yields products, not texts
const wrongItem: Loader<"group", string> = dataset;
// @ts-expect-error a group loader is no pair loader
const wrongKind: Loader<"pair", Product> = dataset;
void [wrongItem, wrongKind];
// @ts-expect-error the column is not among those asked for
void readCsv("x", { columns: ["text"] }).map((row: { label: string }) => row.label);
// @ts-expect-error rows have no such field
void split([{ user: "u" }], { key: (row: { name: string }) => row.name });
