/** Why a fetch failed, in the system's words: fetch itself says only "fetch failed" and hides the reason in `cause`. */
export function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  // A host with several addresses fails with an error that has a code and no message.
  if (cause.message !== '') return cause.message;
  return 'code' in cause ? String(cause.code) : error.message;
}
