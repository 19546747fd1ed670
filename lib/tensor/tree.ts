import type * as tf from "./tf.js";
import type { HostTensor } from "./host.js";

/** Named values, nested as deep as parts are nested. Names must not contain "/". */
export interface Tree<Leaf> {
  readonly [name: string]: Leaf | Tree<Leaf>;
}

/** Parameters as a part sees them. */
export type TensorTree = Tree<tf.Tensor>;
/** Parameters as they are initialized and saved. */
export type HostTree = Tree<HostTensor>;
/** Tensors by flat name, nested names joined by "/". */
export type Tensors = Readonly<Record<string, tf.Tensor>>;

type WithShape = { readonly shape: readonly number[] };

function isLeaf<Leaf extends WithShape>(node: Leaf | Tree<Leaf>): node is Leaf {
  return Array.isArray((node as WithShape).shape);
}

/** `{ head: { gate } } -> { "head/gate": gate }`, with names sorted, so that the order never depends on how the tree was built. */
export function flatten<Leaf extends WithShape>(tree: Tree<Leaf>, prefix = ""): Record<string, Leaf> {
  const flat: Record<string, Leaf> = {};
  for (const name of Object.keys(tree).sort()) {
    const node = tree[name];
    if (node === undefined) continue;
    const path = prefix === "" ? name : `${prefix}/${name}`;
    if (isLeaf(node)) flat[path] = node;
    else Object.assign(flat, flatten(node, path));
  }
  return flat;
}

/** The inverse of `flatten`. */
export function unflatten<Leaf>(flat: Readonly<Record<string, Leaf>>): Tree<Leaf> {
  const root: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [path, leaf] of Object.entries(flat)) {
    const names = path.split("/");
    const last = names.pop() ?? "";
    let node = root;
    for (const name of names) node = (node[name] ??= Object.create(null)) as Record<string, unknown>;
    node[last] = leaf;
  }
  return root as Tree<Leaf>;
}

/** The entries below `prefix`, without it: `under({ "a/x": 1, "b/y": 2 }, "a") -> { x: 1 }`. */
export function under<Leaf>(flat: Readonly<Record<string, Leaf>>, prefix: string): Record<string, Leaf> {
  const start = `${prefix}/`;
  const found: Record<string, Leaf> = {};
  for (const [path, leaf] of Object.entries(flat)) if (path.startsWith(start)) found[path.slice(start.length)] = leaf;
  return found;
}

/** Every entry with `prefix/` before its name. */
export function prefixed<Leaf>(prefix: string, flat: Readonly<Record<string, Leaf>>): Record<string, Leaf> {
  return Object.fromEntries(Object.entries(flat).map(([path, leaf]) => [`${prefix}/${path}`, leaf]));
}

/** `change` applied to every entry. */
export function mapEntries<From, To>(
  flat: Readonly<Record<string, From>>,
  change: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(flat).map(([name, value]) => [name, change(value, name)]));
}
