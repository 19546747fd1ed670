import { isRouting, type Encoder, type Routing } from "../lib/contracts/encoder.js";

/** Members that an encoder round a routing encoder has, and one round another has not. */
export type MaybeRouting<Item> = Partial<Routing<Item>>;

/** Lets an encoder that wraps another send items different ways when, and only when, the other one does. */
export function forwardRouting<Outer, Inner>(
  wrapper: MaybeRouting<Outer>,
  encoder: Encoder<Inner>,
  toInner: (item: Outer, position: number) => Inner,
): void {
  if (!isRouting(encoder)) return;
  const routesOf = (items: readonly Outer[]): Int32Array => encoder.routesOf(items.map(toInner));
  Object.defineProperties(wrapper, {
    routes: { get: () => encoder.routes, enumerable: true },
    routesOf: { value: routesOf },
  });
}
