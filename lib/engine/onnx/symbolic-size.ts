/** A whole number as a function of sizes that are not known yet: for each product of sizes (its names in order) its factor; "" is 1. */
export type SymbolicSize = ReadonlyMap<string, number>;

/** A size that is not known, with two values it is tried at. */
export interface Symbol {
  readonly name: string;
  readonly values: readonly [number, number];
}

/** Joins the names of a product. */
export const TIMES = "*";

/**
 * The sum of products that takes these values. `values` are those at every combination of the symbols' two values, the last symbol
 * changing fastest. Null when no such sum has whole factors.
 */
export function fitSize(symbols: readonly Symbol[], values: readonly number[]): SymbolicSize | null {
  const [symbol, ...others] = symbols;
  if (symbol === undefined) return new Map([["", values[0] as number]]);
  const half = values.length / 2;
  const low = fitSize(others, values.slice(0, half));
  const high = fitSize(others, values.slice(half));
  if (low === null || high === null) return null;
  const [from, to] = symbol.values;
  const fitted = new Map<string, number>();
  for (const product of new Set([...low.keys(), ...high.keys()])) {
    const before = low.get(product) ?? 0;
    const slope = ((high.get(product) ?? 0) - before) / (to - from);
    if (!Number.isInteger(slope)) return null;
    if (slope !== 0) fitted.set(product === "" ? symbol.name : `${symbol.name}${TIMES}${product}`, slope);
    if (before - slope * from !== 0) fitted.set(product, before - slope * from);
  }
  return fitted;
}

/** The number when the symbols have these values. */
export function sizeAt(size: SymbolicSize, values: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [product, factor] of size) {
    const names = product === "" ? [] : product.split(TIMES);
    sum += names.reduce((result, name) => result * (values.get(name) as number), factor);
  }
  return sum;
}

/** The number, when it does not depend on any symbol; else null. */
export function fixedSize(size: SymbolicSize): number | null {
  if (size.size === 0) return 0;
  const constant = size.get("");
  return size.size === 1 && constant !== undefined ? constant : null;
}
