import { Random } from "../random.js";

/**
 * About `count` different positions of a tensor: along each axis every place comes up equally often, in an order that is always the same.
 * All positions when there are no more.
 */
export function spreadPositions(shape: readonly number[], count: number): readonly number[] {
  const total = shape.reduce((product, length) => product * length, 1);
  if (total <= count) return Array.from({ length: total }, (_, position) => position);
  const random = new Random("positions");
  const left: number[][] = shape.map(() => []);
  const positions = new Set<number>();
  for (let i = 0; i < count; i += 1) {
    const position = shape.reduce((outer, length, axis) => {
      const places = left[axis] as number[];
      if (places.length === 0) for (const place of random.shuffle([...Array(length).keys()])) places.push(place);
      return outer * length + (places.pop() as number);
    }, 0);
    positions.add(position);
  }
  return [...positions].sort((a, b) => a - b);
}
