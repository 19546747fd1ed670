import { stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

/** Clocks of file systems move in steps: what is written within one of them has the same time. */
const STEP_MS = 20;

/** A text that is another one when the file was written, replaced or touched; null when there is no such file. */
export async function fileStamp(path: string): Promise<string | null> {
  for (;;) {
    const found = await stat(path, { bigint: true }).catch(() => null);
    if (found === null) return null;
    const { dev, ino, size, mtimeNs, ctimeNs } = found;
    const age = Date.now() - Number(ctimeNs / 1_000_000n);
    if (age < 0 || age > STEP_MS) return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
    await setTimeout(STEP_MS); // it might be written once more without another time
  }
}
