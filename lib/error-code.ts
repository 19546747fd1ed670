/**
 * What kind of error Node or the system gave, such as "ENOENT"; null when it does not say. Looks at no class: test runners such as Jest run
 * code with an `Error` of its own, which errors of Node are no instances of.
 */
export function errorCode(error: unknown): string | null {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : null;
}
