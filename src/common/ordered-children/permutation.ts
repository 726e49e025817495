const SHOWN = 5;

/** Why `ids` is not a permutation of `existing`, as a sentence; undefined if it is one. */
export function reorderProblem(existing: readonly string[], ids: readonly string[]): string | undefined {
  const known = new Set(existing);
  const given = new Set(ids);
  const seen = new Set<string>();
  const repeated = ids.filter((id) => seen.size === seen.add(id).size);
  const problems = [
    named(
      'missing',
      existing.filter((id) => !given.has(id)),
    ),
    named('repeated', [...new Set(repeated)]),
    named(
      'foreign',
      [...given].filter((id) => !known.has(id)),
    ),
  ].filter((text) => text !== undefined);
  return problems.length === 0 ? undefined : `ids must name every child exactly once: ${problems.join('; ')}.`;
}

function named(what: string, ids: readonly string[]): string | undefined {
  if (ids.length === 0) return undefined;
  const more = ids.length > SHOWN ? ` and ${ids.length - SHOWN} more` : '';
  return `${what} ${ids.slice(0, SHOWN).join(', ')}${more}`;
}
