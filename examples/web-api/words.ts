import type { Declaration } from "./read-declarations.js";

/** Identifiers as the words they are made of: `HTMLElement.innerText` -> `HTML Element.inner Text`. */
export function splitWords(text: string): string {
  return text.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, " ");
}

/** A member as text to be found by: its interface, its signature, and what it is in the words of the manual. */
export function symbolText({ interface: owner, signature }: Declaration): string {
  const sort = /^(?:static )?[\w$]+\??[(<]/.test(signature) ? "method" : "property";
  const written = signature.replace(/^readonly /, "");
  const readOnly = written === signature && !signature.startsWith("get ") ? "" : "read-only ";
  return `${splitWords(`${owner} ${written}`)} ${readOnly}${sort}`;
}
