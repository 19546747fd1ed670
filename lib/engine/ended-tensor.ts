import { PartError, UsageError } from "../errors.js";

/** What to throw for an error of an eager run: tfjs does not say that a tensor it was given has ended. */
export function explainEnded(error: unknown, program: string): unknown {
  const part = error instanceof PartError ? error.part : `program "${program}"`;
  const thrown = error instanceof PartError ? error.cause : error;
  const isEnded =
    thrown instanceof TypeError &&
    /reading 'backend'/u.test(thrown.message) &&
    /\bmoveData\b/u.test(thrown.stack ?? "");
  if (!isEnded) return error;
  return new UsageError(
    `${part} computes with a tensor that is disposed, such as one kept in a JS variable since an earlier step: a tensor ends with the ` +
      `step that made it. (The compiled engine records a step before it runs it, and no tensor outlives that recording, not even by ` +
      `tf.keep.) What lasts from step to step is state of a head or an encoder`,
    { cause: error },
  );
}
