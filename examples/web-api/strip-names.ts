/** What a description is about; these names are taken out of it. */
export interface Subject {
  readonly interface: string;
  readonly member: string;
}

const MDN_LINK = /\[MDN Reference\]\((?:[^()]*\/API\/(\w+))?[^)]*\)/g;

/**
 * A doc comment as a person would ask for the thing it describes: without the link to its manual page, without markup, and without the
 * member's and the interface's name in any case or spelling (`alignItems`, `align-items`, `ALIGN_ITEMS`), so that the answer cannot
 * be copied from the question. All other words stay.
 */
export function stripNames(comment: string, subject: Subject): string {
  const names = new Set([subject.member, ...subject.interface.split(".")]);
  // The manual sometimes documents a mixin's member under the interface that people use.
  const withoutLinks = comment.replace(MDN_LINK, (_link, page: string | undefined) => {
    if (page !== undefined) names.add(page);
    return " ";
  });
  const plain = withoutLinks
    .replace(/\*\*(`?)[\w.]+(?:\(\))?\1\*\*/g, " ") // the bold identifier is always the subject itself
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\{@link\s+([^}|]*)(?:\|([^}]*))?\}/g, (_link, target: string, text?: string) => text ?? target)
    .replace(/\*\*|`/g, "");
  return plain
    .replace(anySpelling([...names]), " ")
    .replace(/\s+/g, " ")
    .replace(/ (?=[.,;:!?)])/g, "")
    .replace(/^[\s.,;:]+/, "")
    .trim();
}

/** Whole names, with or without `-` or `_` between their words, joined by dots, with the brackets of a call or a possessive after them. */
function anySpelling(names: readonly string[]): RegExp {
  const spellings = [...names].sort((left, right) => right.length - left.length).map(spelling);
  const name = `-{0,2}(?:${spellings.join("|")})(?![a-z0-9])(?:\\(\\))?`;
  return new RegExp(`(?<![a-z0-9])${name}(?:\\.${name})*(?:\\.(?=\\w)|['’]s)?`, "gi");
}

function spelling(name: string): string {
  const words = name.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z0-9])[_-]+(?=[A-Za-z0-9])/);
  return words.map(escape).join("[-_]?");
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
