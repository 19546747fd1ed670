import { Random } from "likewise";

/**
 * Mixes rows, but leaves up to `count` rows of equal key side by side, so that a batch has rows that are hard to tell apart.
 */
export function mixInHandfuls<T>(rows: readonly T[], key: (row: T) => string, count: number, random: Random): T[] {
  const groups = new Map<string, T[]>();
  for (const row of random.shuffle([...rows])) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  const handfuls: T[][] = [];
  for (const group of groups.values()) {
    for (let start = 0; start < group.length; start += count) handfuls.push(group.slice(start, start + count));
  }
  return random.shuffle(handfuls).flat();
}
