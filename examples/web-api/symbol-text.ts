import type { Declaration } from "./read-declarations.js";

/**
 * A declaration as words a question may share: interface and signature with compound names taken apart ("activeElement" reads "active
 * Element"), and what kind of member it is.
 */
export function symbolText({ interface: owner, member, signature }: Declaration): string {
  const isReadOnly = /^(readonly |get )/u.test(signature);
  const isMethod = new RegExp(`^${member.replace(/\W/gu, "\\$&")}\\??[(<]`, "u").test(signature);
  const kind = `${isReadOnly ? "read-only " : ""}${isMethod ? "method" : "property"}`;
  return `${apart(`${owner} ${signature.replace("readonly ", "")}`)} ${kind}`;
}

/** "HTMLDivElement" -> "HTML Div Element". */
export function apart(text: string): string {
  return text.replace(/([a-z0-9])([A-Z])/gu, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/gu, "$1 $2");
}
