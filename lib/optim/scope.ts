/** Every entry with `scope.` before its name: a slot or a scalar of one of several transforms. */
export function scoped<T>(scope: string, entries: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(entries).map(([name, value]) => [`${scope}.${name}`, value]));
}

/** The entries of a scope, without it. */
export function within<T>(scope: string, entries: Readonly<Record<string, T>>): Record<string, T> {
  const start = `${scope}.`;
  return Object.fromEntries(
    Object.entries(entries).flatMap(([name, value]) =>
      name.startsWith(start) ? [[name.slice(start.length), value]] : [],
    ),
  );
}
