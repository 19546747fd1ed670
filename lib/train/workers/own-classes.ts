import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { UsageError } from "../../errors.js";
import { partClassesOf, type AnyPartClass } from "../../model/part-registry.js";

/** The classes of parts that a module of the user exports. @throws UsageError when it cannot be imported. */
export async function ownClasses(module: string): Promise<readonly AnyPartClass[]> {
  try {
    if (/\.[cm]?tsx?$/u.test(module)) await readTypeScript(module);
    return partClassesOf((await import(module)) as object);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`modelModule ${module} cannot be imported: ${why}`, { cause });
  }
}

/** A loader of TypeScript does not reach threads by itself: tsx is asked again, where the user has it; else Node may know how. */
async function readTypeScript(module: string): Promise<void> {
  // In sources this thread was started with it.
  if (import.meta.url.endsWith(".ts")) return;
  const require = createRequire(module);
  let path: string;
  let entries: Readonly<Record<string, { readonly import?: { readonly default?: string } }>>;
  try {
    path = require.resolve("tsx/package.json");
    ({ exports: entries } = require(path) as { readonly exports: typeof entries });
  } catch {
    return;
  }
  const api = entries["./esm/api"]?.import?.default;
  if (api === undefined) return;
  const { register } = (await import(new URL(api, pathToFileURL(path)).href)) as { readonly register: () => unknown };
  register();
}
