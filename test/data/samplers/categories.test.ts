import { expect } from "chai";
import fc from "fast-check";
import { categoryBatches, categoryCount, categoryTable } from "../../../data/samplers/categories.js";
import { balancedCount } from "../../../data/samplers/balanced.js";
import { groupTable } from "../../../data/samplers/group-table.js";
import { Random } from "../../../lib/random.js";
import { count } from "../epoch.js";

/** Sizes of the groups of each category to the group and category of every row, in mixed order. */
function rowsOf(sizes: readonly (readonly number[])[], seed: number): { group: number; category: number }[] {
  const rows = sizes.flatMap((groups, category) =>
    groups.flatMap((size, group) => new Array<number>(size).fill(1000 * category + group)),
  );
  return new Random(seed).shuffle(rows).map((group) => ({ group, category: Math.floor(group / 1000) }));
}

const tableOf = (rows: readonly { group: number }[]) =>
  categoryTable(groupTable(rows.map(({ group }) => group)), (group) => Math.floor(Number(group) / 1000));

describe("Batches of categories", () => {
  it("have C categories with P groups each and K rows each, in epochs that show every row as far as places reach", () => {
    const cases = fc.record({
      sizes: fc.array(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 2, maxLength: 6 }), {
        minLength: 1,
        maxLength: 6,
      }),
      wanted: fc.integer({ min: 1, max: 4 }),
      groups: fc.integer({ min: 1, max: 4 }),
      perGroup: fc.integer({ min: 2, max: 4 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ sizes, wanted, groups, perGroup, seed }) => {
        const rows = rowsOf(sizes, seed);
        const shape = { categories: Math.min(wanted, sizes.length), groups, perGroup };
        const table = tableOf(rows);
        const batches = [...categoryBatches(table, shape, new Random(seed))].map((batch) => Array.from(batch));
        expect(batches.length).to.equal(categoryCount(table, shape));
        for (const batch of batches) {
          expect(batch.length).to.equal(shape.categories * groups * perGroup);
          const perCategory = count(batch.map((row) => rows[row]!.category));
          expect([...perCategory.values()]).to.deep.equal(new Array(shape.categories).fill(groups * perGroup));
          for (const category of perCategory.keys()) {
            const own = sizes[category]!.length;
            const perGroups = count(batch.map((row) => rows[row]!).filter((row) => row.category === category).map((row) => row.group)); // prettier-ignore
            expect(perGroups.size).to.equal(Math.min(own, groups));
            for (const [group, times] of perGroups) {
              expect(times % perGroup).to.equal(0);
              expect(times / perGroup).to.be.within(Math.floor(groups / own) || 1, Math.ceil(groups / own));
              const different = new Set(batch.filter((row) => rows[row]!.group === group));
              expect(different.size).to.equal(Math.min(times, sizes[category]![group % 1000]!));
            }
          }
        }
        // A category that is drawn as often as it has parts has shown all that its own balanced batches show.
        const seen = new Set(batches.flat());
        sizes.forEach((own, category) => {
          const part = balancedCount(table.tables[table.names.indexOf(category)]!, {
            groups: Math.min(groups, own.length),
            perGroup,
          });
          const drawn = batches.filter((batch) => batch.some((row) => rows[row]!.category === category)).length;
          expect(drawn).to.be.at.least(Math.min(part, batches.length));
          if (part > batches.length || own.length < groups) return;
          for (const [row, { group }] of rows.entries()) {
            if (Math.floor(group / 1000) === category && own[group % 1000]! <= perGroup * part) {
              expect(seen.has(row), `row ${row} of group ${group}`).to.equal(true);
            }
          }
        });
      }),
    );
  });

  it("show every row exactly once when everything is a multiple", () => {
    const rows = rowsOf([[4, 4, 4, 4], [8, 8], [4, 4, 4, 4], [8, 8]], 3); // prettier-ignore
    const batches = [...categoryBatches(tableOf(rows), { categories: 2, groups: 2, perGroup: 4 }, new Random(1))];
    expect(batches.length).to.equal(4);
    expect([...count(batches.flatMap((batch) => Array.from(batch))).values()]).to.deep.equal(new Array(64).fill(1));
  });

  it("are those of plain balance when there is one category", () => {
    const rows = rowsOf([[3, 3, 3]], 1);
    const batches = [...categoryBatches(tableOf(rows), { categories: 1, groups: 3, perGroup: 3 }, new Random(1))];
    expect(batches.map((batch) => [...Array.from(batch)].sort((a, b) => a - b))).to.deep.equal([[0, 1, 2, 3, 4, 5, 6, 7, 8]]); // prettier-ignore
  });
});
