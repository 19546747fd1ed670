/** The error that a promise is rejected with, or that an action ends with. */
export async function failure(action: Promise<unknown> | (() => unknown)): Promise<Error> {
  try {
    await (typeof action === "function" ? action() : action);
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected a failure");
}
