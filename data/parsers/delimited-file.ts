import { DataError } from "../../lib/errors.js";
import type { BadLines } from "./bad-lines.js";
import { parseRecord, type Dialect, type Parsed } from "./delimited-text.js";
import type { RecordBlock } from "./records.js";
import { readText } from "./text-file.js";

/** A record longer than this is taken for a quote that is never closed. */
const LONGEST_RECORD = 16 * 1024 * 1024;

/**
 * The records of a file as lists of fields. Bad ones are reported and left out, and reading goes on at the next physical line, so that
 * a stray quote costs one line; when the first record is a header it has to be good.
 */
export async function* readFields(
  path: string,
  dialect: Dialect,
  header: boolean,
  badLines: BadLines,
): AsyncGenerator<RecordBlock<readonly string[]>, void, undefined> {
  let text = "";
  let line = 1;
  let wanted = 0; // characters to have before a record that was incomplete is tried again
  let headerDue = header;

  let returns: boolean | null = null; // whether lines end with CR alone, as old Macs write them
  for await (const piece of readText(path)) {
    text += piece;
    if (text.length < wanted) continue;
    returns ??= endsWithReturns(text, dialect.quote);
    yield parseAll(false);
  }
  returns ??= endsWithReturns(`${text} `, dialect.quote);
  yield parseAll(true);

  function parseAll(last: boolean): RecordBlock<readonly string[]> {
    const records: (readonly string[])[] = [];
    const lines: number[] = [];
    // Records are told apart here, at the same places as in the text, whose quoted fields keep their CR.
    const structure = returns === true ? text.replaceAll("\r", "\n") : text;
    let start = 0;
    while (start < text.length) {
      const blank = blankLine(structure, start);
      if (blank > 0) {
        start += blank;
        line += 1;
        continue;
      }
      let parsed: Parsed = parseRecord(structure, start, last, dialect, text);
      if (parsed === null && text.length - start > LONGEST_RECORD) {
        parsed = { problem: `a record of more than ${LONGEST_RECORD} characters; is a quote never closed?` };
      }
      if (parsed === null) break;
      if ("problem" in parsed) {
        const end = structure.indexOf("\n", start);
        if (end === -1 && !last) break;
        const error = new DataError(parsed.problem, path, line);
        if (headerDue) throw error;
        badLines.add(error);
        start = end === -1 ? text.length : end + 1;
        line += 1;
      } else {
        headerDue = false;
        records.push(parsed.fields);
        lines.push(line);
        line += lineEnds(structure, start, parsed.next);
        start = parsed.next;
      }
    }
    text = text.slice(start);
    wanted = 2 * text.length; // reading a long record stays linear
    return { records, lines };
  }
}

/** Length of the empty line that starts here; 0 when the line is not empty. */
function blankLine(text: string, start: number): number {
  if (text[start] === "\n") return 1;
  return text[start] === "\r" && text[start + 1] === "\n" ? 2 : 0;
}

function lineEnds(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at !== -1 && at < to; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** Whether the first line ends with a CR that no LF follows; null while the text does not tell. */
function endsWithReturns(text: string, quote: string | null): boolean | null {
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === quote) quoted = !quoted;
    else if (quoted) continue;
    else if (character === "\n") return false;
    else if (character === "\r") return at + 1 === text.length ? null : text[at + 1] !== "\n";
  }
  return null;
}
