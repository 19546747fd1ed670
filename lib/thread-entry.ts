/**
 * Where a worker thread starts: the module of this name beside the one that asks. From TypeScript sources the thread needs tsx like the
 * process, whose loader does not reach threads by itself.
 *
 * @param asking `import.meta.url` of the module that asks.
 */
export function threadEntry(asking: string, name: string): URL {
  if (!asking.endsWith(".ts")) return new URL(`./${name}.js`, asking);
  const source = new URL(`./${name}.ts`, asking);
  const code = `import { register } from "${import.meta.resolve("tsx/esm/api")}"; register(); await import("${source.href}");`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
