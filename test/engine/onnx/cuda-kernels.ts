import type { OnnxType } from "../../../lib/engine/onnx/model.js";

const ALL: readonly OnnxType[] = ["float32", "float64", "int32", "int64", "int8", "uint8", "bool"];
const REAL: readonly OnnxType[] = ["float32", "float64"];
const COUNTED: readonly OnnxType[] = [...REAL, "int32", "int64"];

/**
 * What the CUDA provider of ONNX Runtime has code for at operator set 17: types of the numbers that an operator works on, those of `X` and
 * `Y` for `Where`. Taken by hand from the project's table `docs/OperatorKernels.md`, for the operators that this library writes.
 */
export const CUDA_KERNELS: Readonly<Record<string, readonly OnnxType[]>> = {
  ...of(ALL, ["Abs", "Cast", "Concat", "ConstantOfShape", "Expand", "Gather", "GatherElements", "Identity", "Reshape"]),
  ...of(ALL, ["ScatterElements", "ScatterND", "Shape", "Sign", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"]),
  ...of(ALL, ["If", "Loop", "Scan"]),
  ...of(COUNTED, ["Add", "CumSum", "Div", "Max", "Min", "Mod", "Mul", "Pow", "Range", "Sub", "Tile", "TopK"]),
  ...of(COUNTED, ["Greater", "GreaterOrEqual", "Less", "LessOrEqual", "ReduceMax", "ReduceMin", "ReduceSum"]),
  ...of(REAL, ["ArgMax", "ArgMin", "AveragePool", "Ceil", "Conv", "ConvTranspose", "Cos", "Einsum", "Elu", "Erf"]),
  ...of(REAL, ["Exp", "Floor", "FusedMatMul", "Gemm", "IsInf", "IsNaN", "LeakyRelu", "Log", "LogSoftmax", "MatMul"]),
  ...of(REAL, ["PRelu", "Reciprocal", "ReduceSumSquare", "Relu", "Round", "Selu", "Sigmoid", "Sin", "Softmax", "Sqrt"]),
  ...of(REAL, ["Sum", "Tanh"]),
  ...of(["bool"], ["And", "Not", "Or"]),
  Clip: [...REAL, "int64", "int8", "uint8"],
  Equal: [...COUNTED, "bool"],
  GatherND: [...REAL, "int64", "bool"],
  MaxPool: [...REAL, "int8", "uint8"],
  Neg: [...COUNTED, "int8"],
  NonZero: ["float32", "int32", "int64", "uint8", "bool"],
  Pad: [...REAL, "bool"],
  ...of([...REAL, "int32"], ["ReduceL2", "ReduceMean", "ReduceProd"]),
  Where: [...COUNTED, "uint8"],
};

function of(types: readonly OnnxType[], operators: readonly string[]): Record<string, readonly OnnxType[]> {
  return Object.fromEntries(operators.map((operator) => [operator, types]));
}
