/** How fields and records are told apart. */
export interface Dialect {
  /** One character between fields. */
  readonly delimiter: string;
  /** The character round fields that hold delimiters, line ends or (doubled) quotes; null when quotes mean nothing. */
  readonly quote: string | null;
}

/** What stands at a place of a text: a record that ends before `next`, a mistake, or null when the text ends too early to tell. */
export type Parsed =
  { readonly fields: readonly string[]; readonly next: number } | { readonly problem: string } | null;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Parses the record that starts at `start` (RFC 4180; lines end with LF or CRLF, `readFields` sees to CR alone). `last` says that the text ends here; otherwise more
 * may follow, and null asks for it. What is between quotes is taken from `written`, the text as it is in the file.
 */
export function parseRecord(
  text: string,
  start: number,
  last: boolean,
  { delimiter, quote }: Dialect,
  written = text,
): Parsed {
  const fields: string[] = [];
  let position = start;
  for (;;) {
    if (quote !== null && text[position] === quote) {
      const close = closingQuote(text, position + 1, quote);
      if (close === -1 || (close + 1 === text.length && !last)) {
        return last ? { problem: "a quoted field is never closed" } : null;
      }
      fields.push(written.slice(position + 1, close).replaceAll(quote + quote, quote));
      position = close + 1;
    } else {
      const end = endOfField(text, position, delimiter);
      if (end === text.length && !last) return null;
      const value = text.slice(position, end);
      if (quote !== null && value.includes(quote)) {
        return {
          problem: `a ${quote} inside a field that does not start with it; if it is no quote in this file, give quote: null`,
        };
      }
      fields.push(value);
      position = end;
    }
    if (text[position] === delimiter) {
      position += 1;
      continue;
    }
    const next = afterLineEnd(text, position);
    if (next !== -1) return { fields, next };
    if (position + 1 >= text.length && !last) return null;
    return {
      problem: `${JSON.stringify(text[position])} after a closing quote, where a delimiter or the end of the line belongs`,
    };
  }
}

/** Position of the quote that ends the field whose text starts at `from`; -1 when there is none. */
function closingQuote(text: string, from: number, quote: string): number {
  let close = text.indexOf(quote, from);
  while (close !== -1 && text[close + 1] === quote) close = text.indexOf(quote, close + 2);
  return close;
}

/** Position of the delimiter or line end (of the CR of a CRLF) that ends an unquoted field, or the text's length. */
function endOfField(text: string, from: number, delimiter: string): number {
  const delimiterCode = delimiter.charCodeAt(0);
  for (let position = from; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (code === delimiterCode) return position;
    if (code === LINE_FEED)
      return position > from && text.charCodeAt(position - 1) === CARRIAGE_RETURN ? position - 1 : position;
  }
  return text.length;
}

/** Position after the line end, or the end of the text, that stands at `position`; -1 when something else stands there. */
function afterLineEnd(text: string, position: number): number {
  if (position === text.length) return position;
  if (text.charCodeAt(position) === LINE_FEED) return position + 1;
  return text.charCodeAt(position) === CARRIAGE_RETURN && text.charCodeAt(position + 1) === LINE_FEED
    ? position + 2
    : -1;
}
