/**
 * Waits for statements that were sent together on one connection, and gives their results by name; a step that is not
 * needed is `undefined`. Of several failures it throws the first in the order of the steps: that one is the cause, the
 * statements behind it only found the transaction given up.
 */
export async function pipeline<T extends Readonly<Record<string, unknown>>>(
  steps: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const names = Object.keys(steps);
  const outcomes = await Promise.allSettled(Object.values(steps));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure !== undefined) throw failure.reason as Error;
  const results = outcomes.map((outcome, at) => [names[at], (outcome as PromiseFulfilledResult<unknown>).value]);
  return Object.fromEntries(results) as { -readonly [K in keyof T]: Awaited<T[K]> };
}

type Steps = Readonly<Record<string, () => unknown>>;
type ResultsOf<T extends Steps> = { -readonly [K in keyof T]: Awaited<ReturnType<T[K]>> };

/**
 * The same for steps that it begins: together if each sends its statement as soon as it begins, else one after the other. A
 * step that waits for something before it sends would be overtaken by those behind it.
 */
export async function inOrder<T extends Steps>(areSentAtOnce: boolean, steps: T): Promise<ResultsOf<T>> {
  const begun = Object.entries(steps);
  if (areSentAtOnce)
    return (await pipeline(Object.fromEntries(begun.map(([name, step]) => [name, step()])))) as ResultsOf<T>;
  const results: Record<string, unknown> = {};
  for (const [name, step] of begun) results[name] = await step();
  return results as ResultsOf<T>;
}
