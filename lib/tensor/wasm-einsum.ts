import * as tf from "./tf.js";
import { addKernel } from "./wasm-kernels.js";

/** Adds `Einsum` (one or two tensors) to the wasm backend, as sums, transposes and one matrix product. */
export function addEinsum(): void {
  addKernel<string, tf.EinsumAttrs>(tf.Einsum, ({ inputs, attrs: { equation } }) => {
    const tensors = Object.values(inputs) as tf.Tensor[];
    const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, tensors.length);
    tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors);
    const kept = allDims.length - summedDims.length; // dimensions 0..kept-1 are the result's
    return tf.tidy(() => {
      const terms = tensors.map((tensor, i): Term => ({ tensor, dims: idDims[i] as number[] }));
      const [first, second] = terms as [Term, Term | undefined];
      if (second === undefined)
        return arrange(
          reduce(first, (dim) => dim < kept),
          range(kept),
        );
      return contract(first, second, kept);
    });
  });
}

/** A tensor and which dimension of the equation each of its axes is. */
interface Term {
  readonly tensor: tf.Tensor;
  readonly dims: readonly number[];
}

function contract(first: Term, second: Term, kept: number): tf.Tensor {
  const a = reduce(first, (dim) => dim < kept || second.dims.includes(dim));
  const b = reduce(second, (dim) => dim < kept || first.dims.includes(dim));
  const shared = a.dims.filter((dim) => b.dims.includes(dim));
  const batch = shared.filter((dim) => dim < kept);
  const summed = shared.filter((dim) => dim >= kept);
  const left = a.dims.filter((dim) => !shared.includes(dim));
  const right = b.dims.filter((dim) => !shared.includes(dim));
  const sizes = new Map([
    ...a.dims.map((dim, i) => [dim, a.tensor.shape[i]] as const),
    ...b.dims.map((dim, i) => [dim, b.tensor.shape[i]] as const),
  ]);
  const size = (dims: readonly number[]): number => dims.reduce((product, dim) => product * (sizes.get(dim) ?? 1), 1);
  const product = tf.matMul(
    tf.reshape(arrange(a, [...batch, ...left, ...summed]), [size(batch), size(left), size(summed)]),
    tf.reshape(arrange(b, [...batch, ...summed, ...right]), [size(batch), size(summed), size(right)]),
  );
  const dims = [...batch, ...left, ...right];
  const tensor = tf.reshape(
    product,
    dims.map((dim) => sizes.get(dim) ?? 1),
  );
  return arrange({ tensor, dims }, range(kept));
}

/** Sums over the axes that nothing else needs. */
function reduce({ tensor, dims }: Term, needed: (dim: number) => boolean): Term {
  const axes = range(dims.length).filter((axis) => !needed(dims[axis] as number));
  if (axes.length === 0) return { tensor, dims };
  return { tensor: tf.sum(tensor, axes), dims: dims.filter(needed) };
}

/** The axes in the order of `dims`. */
function arrange(term: Term, dims: readonly number[]): tf.Tensor {
  return tf.transpose(
    term.tensor,
    dims.map((dim) => term.dims.indexOf(dim)),
  );
}

function range(length: number): number[] {
  return [...Array(length).keys()];
}
