import { LikewiseError } from "likewise";

/** Runs a program: what the user can mend is told in a sentence, without a stack. */
export async function plainly(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof LikewiseError || isArgumentError(error))) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** What `parseArgs` throws. */
function isArgumentError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
}
