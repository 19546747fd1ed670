import { execFileSync } from "node:child_process";

/** A Python that has the package `onnx` (Debian: python3-onnx). Skips the running test with a clear message where there is none. */
export function pythonWithOnnx(context: Mocha.Context): string {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      execFileSync(python, ["-c", "import onnx"], { stdio: "ignore" });
      return python;
    } catch {
      // The next one may have it.
    }
  }
  console.warn(
    `skipped "${context.test?.fullTitle() ?? ""}": no Python here has the package onnx (apt install python3-onnx)`,
  );
  return context.skip();
}
