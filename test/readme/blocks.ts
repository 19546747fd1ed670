/** A fenced block of TypeScript on a page. */
export interface Block {
  /** Path of the page, relative to the repository. */
  readonly page: string;
  /** Line of the page that the first line of `code` is on, from 1. */
  readonly line: number;
  readonly code: string;
  /** Marked "```ts run": run as a program. */
  readonly run: boolean;
}

const FENCE = /^(`{3,})ts(?: (run|continued))?\n([\s\S]*?)^\1[ \t]*$/gm;

/**
 * The TypeScript blocks of a page. Each is a module of its own, but one marked "```ts continued" goes on where the block before it
 * ended: it stands in the same module.
 */
export function blocksOf(page: string, text: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const { index, 2: mark, 3: code = "" } of text.matchAll(FENCE)) {
    const line = text.slice(0, index).split("\n").length + 1;
    const before = blocks.at(-1);
    if (mark === "continued" && before !== undefined) {
      // Empty lines keep every line of the module at a constant distance from its line on the page.
      const gap = "\n".repeat(line - before.line - before.code.split("\n").length + 1);
      blocks[blocks.length - 1] = { ...before, code: before.code + gap + code };
    } else {
      blocks.push({ page, line, code, run: mark === "run" });
    }
  }
  return blocks;
}
