const WORD = /[\p{L}\p{M}\p{N}]+(?:['’_-][\p{L}\p{M}\p{N}]+)*/gu;

/** A word as it is looked up: in Unicode's NFKC form, and in lower case if the case of letters does not count. */
export function formOf(word: string, lowercase: boolean): string {
  const normal = word.normalize("NFKC");
  return lowercase ? normal.toLowerCase() : normal;
}

/**
 * Words of a text, brought to Unicode's NFKC form: runs of letters, digits and marks, joined by an apostrophe, a hyphen or an underline.
 * A joined word that `known` refuses falls apart into its pieces.
 */
export function wordsOf(text: string, lowercase: boolean, known: (word: string) => boolean): string[] {
  const found = formOf(text, lowercase).match(WORD) ?? [];
  return found.flatMap((word) => (known(word) ? word : word.split(/['’_-]/)));
}
