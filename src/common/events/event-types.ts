/** What is done to rows of each table that leaves events, as far as this process knows. */
const kinds = new Map<string, Set<string>>();

/** Notes that changes of a table leave events of these kinds, such as `created`. */
export function registerEventTypes(table: string, ...added: readonly string[]): void {
  const known = kinds.get(table) ?? new Set<string>();
  for (const kind of added) known.add(kind);
  kinds.set(table, known);
}

/** All types of events that rows leave, such as `opportunity.created`, in the order of their tables. */
export function registeredEventTypes(): string[] {
  return [...kinds].flatMap(([table, added]) => [...added].map((kind) => `${table}.${kind}`));
}
