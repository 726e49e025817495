/** A reason not to start that the person who started the service can mend. */
export class StartError extends Error {}

export function explain(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
