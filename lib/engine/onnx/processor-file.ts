import { readFileSync } from "node:fs";

let known: boolean | null = null;

/**
 * Whether the processor multiplies bytes several times as fast as float32: those that have VNNI. Elsewhere than on Linux it does not say, and
 * then nobody counts on it.
 */
export function multipliesBytes(): boolean {
  known ??= looksSo();
  return known;
}

function looksSo(): boolean {
  if (process.platform !== "linux" || process.arch !== "x64") return false;
  try {
    return /\bavx(?:512)?_vnni\b/.test(readFileSync("/proc/cpuinfo", "latin1"));
  } catch {
    return false;
  }
}
