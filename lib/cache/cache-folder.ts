import { accessSync, constants, mkdirSync } from "node:fs";

/** @throws what the file system says. */
export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true });
}

/** @throws what the file system says. */
export function requireWritable(path: string): void {
  accessSync(path, constants.W_OK);
}
