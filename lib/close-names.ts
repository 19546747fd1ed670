/** At most three of the names that `given` may be a misspelling of, the closest first; case does not count. */
export function closeNames(given: string, names: readonly string[]): readonly string[] {
  const wanted = given.toLowerCase();
  return names
    .map((name) => ({ name, edits: editsBetween(wanted, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(given.length, name.length) / 4)
    .sort((left, right) => left.edits - right.edits)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** Letters to put in, take out or change: the Levenshtein distance. */
function editsBetween(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const changed = (row[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[right.length] as number;
}
