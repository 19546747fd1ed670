import type { Acceptance } from "../contracts/engine.js";
import type { HostTensors } from "../tensor/host.js";

/** Whether a run that reports this is to count. */
export function isAccepted(accept: Acceptance, reported: HostTensors): boolean {
  if (typeof accept === "function") return accept(reported);
  return accept.every((name) => isFinite(reported[name]?.data ?? []));
}

/** Whether no number is NaN or infinite. */
export function isFinite(numbers: ArrayLike<number>): boolean {
  for (let at = 0; at < numbers.length; at += 1) if (!Number.isFinite(numbers[at])) return false;
  return true;
}
