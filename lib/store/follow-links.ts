import { readlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** The absolute path a path stands for when its last step is a link, also when nothing is there yet. */
export async function followLinks(path: string): Promise<string> {
  let place = resolve(path);
  // As many links as Linux follows before it gives up.
  for (let links = 0; links < 40; links += 1) {
    const target = await readlink(place).catch(() => null);
    if (target === null) return place;
    place = resolve(dirname(place), target);
  }
  return place;
}
