import type { GraphValue } from "../graph.js";
import { numbersOf, recordKernel, type KernelCall } from "../kernel.js";

const nth = ({ list }: KernelCall, position: number): GraphValue => list[position] as GraphValue;

/** Kernels that look numbers up by position, or put them there. */
export function recordIndexing(): void {
  recordKernel("GatherV2", ["x", "indices"], (call) => {
    const [x, indices] = [nth(call, 0), nth(call, 1)];
    const axis = ((call.attributes["axis"] as number) + x.shape.length) % x.shape.length;
    const batch = (call.attributes["batchDims"] as number | undefined) ?? 0;
    return [x.dtype, [...x.shape.slice(0, axis), ...indices.shape.slice(batch), ...x.shape.slice(axis + 1)]];
  });
  recordKernel("GatherNd", ["params", "indices"], (call) => {
    const [params, indices] = [nth(call, 0), nth(call, 1)];
    return [params.dtype, [...indices.shape.slice(0, -1), ...params.shape.slice(indices.shape.at(-1) ?? 0)]];
  });
  recordKernel("ScatterNd", ["indices", "updates"], (call) => [nth(call, 1).dtype, numbersOf(call, "shape")]);
  recordKernel("TensorScatterUpdate", ["tensor", "indices", "updates"], (call) => [
    nth(call, 0).dtype,
    nth(call, 0).shape,
  ]);
  recordKernel("UnsortedSegmentSum", ["x", "segmentIds"], (call) => {
    const [x, ids] = [nth(call, 0), nth(call, 1)];
    return [x.dtype, [call.attributes["numSegments"] as number, ...x.shape.slice(ids.shape.length)]];
  });
  recordKernel("OneHot", ["indices"], (call) => {
    const dtype = (call.attributes["dtype"] as "float32" | "int32" | undefined) ?? "int32";
    return [dtype, [...nth(call, 0).shape, call.attributes["depth"] as number]];
  });
}
