import { expect } from "chai";

/** Flattens nested arrays and typed arrays of numbers. */
export function numbers(value: unknown): number[] {
  if (typeof value === "number") return [value];
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  if (Array.isArray(value)) return value.flatMap(numbers);
  throw new TypeError(`not numbers: ${String(value)}`);
}

/** Every number within `absolute + relative * |expected|`; NaN equals NaN. */
export function expectClose(
  actual: unknown,
  expected: unknown,
  { relative = 1e-5, absolute = 1e-6, what = "value" } = {},
): void {
  const left = numbers(actual);
  const right = numbers(expected);
  expect(left.length, `${what}: count`).to.equal(right.length);
  right.forEach((wanted, position) => {
    const got = left[position] as number;
    if (Number.isNaN(wanted) && Number.isNaN(got)) return;
    if (wanted === got) return;
    const error = Math.abs(got - wanted);
    if (!(error <= absolute + relative * Math.abs(wanted))) {
      expect.fail(`${what}[${position}]: got ${got}, expected ${wanted} (off by ${error})`);
    }
  });
}
