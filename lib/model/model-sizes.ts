import { under } from "../tensor/tree.js";
import type { ModelContent } from "./model-content.js";

/** A row for each part of a model: name, type, width of what it gives, how many trained numbers it has. */
export function sizesOf<Item>({ encoders, head, carried }: ModelContent<Item>): readonly (readonly string[])[] {
  const parameters = under(carried, "parameters");
  const count = (prefix: string): string =>
    String(Object.values(under(parameters, prefix)).reduce((sum, { data }) => sum + data.length, 0));
  return [
    ...encoders.map(([name, encoder]) => [
      `encoder ${name}`,
      encoder.type,
      String(encoder.embeddingSize),
      count(`encoders/${name}`),
    ]),
    ["head", head.type, String(head.outputSize), count("head")],
  ];
}
