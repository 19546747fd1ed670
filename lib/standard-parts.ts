import { PartRegistry, type AnyPartClass } from "./model/part-registry.js";

let standard: Promise<PartRegistry> | null = null;

/**
 * Every part that comes with the library, by name, so that a saved model loads without a list of classes. This is the one file of
 * `lib` that knows concrete parts, and it imports them only when a model is loaded or checked.
 */
export function standardParts(): Promise<PartRegistry> {
  standard ??= Promise.all([
    import("../encoders/index.js"),
    import("../heads/index.js"),
    import("../losses/index.js"),
  ]).then((folders) => PartRegistry.of(folders.flatMap((folder) => Object.values(folder).filter(isPartClass))));
  return standard;
}

function isPartClass(value: unknown): value is AnyPartClass {
  return typeof value === "function" && typeof (value as Partial<AnyPartClass>).type === "string" && "from" in value;
}
