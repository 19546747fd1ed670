import { UsageError } from "../../errors.js";

/** @throws UsageError when a number has the name of the column that holds the step. */
export function requireNames(who: string, scalars: Readonly<Record<string, number>>): void {
  if (Object.hasOwn(scalars, "step")) {
    throw new UsageError(
      `${who}: a logged number must not be called "step", which is the number of the update; rename it`,
    );
  }
}
