import { ShapeError } from "../../lib/errors.js";
import { hostTensor, type HostTensor } from "../../lib/tensor/host.js";

/** Numbers of double precision as a tensor that is saved with the model, bit for bit: two words a number. */
export function doublesAsWeights(values: readonly number[]): HostTensor {
  return hostTensor(new Int32Array(Float64Array.from(values).buffer), [values.length * 2]);
}

/** @throws ShapeError when the tensor does not hold so many numbers. */
export function weightsAsDoubles(tensor: HostTensor | undefined, count: number, what: string): readonly number[] {
  const { data, shape } = tensor ?? { data: null, shape: [] };
  if (!(data instanceof Int32Array) || data.length !== count * 2) {
    throw new ShapeError(what, `int32 [${count * 2}], the words of ${count} numbers`, shape);
  }
  return Array.from(new Float64Array(data.slice().buffer));
}
