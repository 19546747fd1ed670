const WORD = /[\p{L}\p{M}\p{N}]+(?:['’_-][\p{L}\p{M}\p{N}]+)*/gu;

/**
 * Words of a text, brought to Unicode's NFKC form: runs of letters, digits and marks, joined by an apostrophe, a hyphen or an underline.
 * A joined word that `known` refuses falls apart into its pieces.
 */
export function wordsOf(text: string, lowercase: boolean, known: (word: string) => boolean): string[] {
  const normal = text.normalize("NFKC");
  const found = (lowercase ? normal.toLowerCase() : normal).match(WORD) ?? [];
  return found.flatMap((word) => (known(word) ? word : word.split(/['’_-]/)));
}
