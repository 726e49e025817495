/** What stands in a list that is sent: some attributes of a child, perhaps with an id. */
export type ChildEntry = Readonly<Record<string, unknown>>;

export interface MatchRules<Child> {
  /** The attribute with the id that another system gave a child, if children have one. */
  externalId: string | undefined;
  /** Do entries name children by their ids? */
  usesIds: boolean;
  /** Would the entry leave the child as it is? Without it, an entry without an id of either kind is a new child. */
  isSame?: ((child: Child, entry: ChildEntry) => boolean) | undefined;
}

/** Why an entry stands for no child, nor for a new one. */
export interface MatchProblem {
  index: number;
  /** The attribute that is wrong. */
  attribute: string;
  /** No child has this id; another entry stands for the same child; another child has this id of another system. */
  kind: 'unknown' | 'repeated' | 'taken';
  /** The id of that child. */
  holder?: string;
}

export interface Matches<Child> {
  /** For each entry the child that it stands for; undefined for a new one. */
  children: (Child | undefined)[];
  /** The first one. */
  problem: MatchProblem | undefined;
}

/**
 * Finds out which child each entry of a list stands for: the one with its id of another system, else the one with its id; of
 * what is left, the first child that equals the entry. What an entry names goes before what only equals another one.
 */
export function matchChildren<Child extends { id: string }>(
  children: readonly Child[],
  entries: readonly ChildEntry[],
  { externalId, usesIds, isSame }: MatchRules<Child>,
): Matches<Child> {
  const byId = new Map(children.map((child) => [child.id, child]));
  const byExternalId = externalId === undefined ? new Map<unknown, Child>() : indexed(children, externalId);
  const taken = new Set<Child>();
  const found: (Child | undefined)[] = [];
  for (const [index, entry] of entries.entries()) {
    const external = externalId === undefined ? undefined : byExternalId.get(entry[externalId] ?? undefined);
    const id = usesIds ? entry['id'] : undefined;
    const named = id === undefined ? undefined : byId.get(id as string);
    const refuse = (attribute: string, kind: MatchProblem['kind'], holder?: string): Matches<Child> => ({
      children: found,
      problem: { index, attribute, kind, ...(holder !== undefined && { holder }) },
    });
    if (id !== undefined && named === undefined) return refuse('id', 'unknown');
    if (external && named && external !== named) return refuse(externalId ?? '', 'taken', external.id);
    const child = external ?? named;
    if (child !== undefined && taken.has(child)) return refuse(named ? 'id' : (externalId ?? ''), 'repeated', child.id);
    if (child !== undefined) taken.add(child);
    found.push(child);
  }
  if (isSame) matchEqual(found, { children, entries, taken, isNamed: (entry) => names(entry, externalId), isSame });
  return { children: found, problem: undefined };
}

interface Unmatched<Child> {
  children: readonly Child[];
  entries: readonly ChildEntry[];
  taken: Set<Child>;
  isNamed: (entry: ChildEntry) => boolean;
  isSame: (child: Child, entry: ChildEntry) => boolean;
}

function matchEqual<Child>(
  found: (Child | undefined)[],
  { children, entries, taken, isNamed, isSame }: Unmatched<Child>,
): void {
  const left = new Set(children.filter((child) => !taken.has(child)));
  for (const [index, entry] of entries.entries()) {
    if (found[index] !== undefined || isNamed(entry)) continue;
    for (const child of left)
      if (isSame(child, entry)) {
        found[index] = child;
        left.delete(child);
        break;
      }
  }
}

/** Has it an id of another system? */
function names(entry: ChildEntry, externalId: string | undefined): boolean {
  return externalId !== undefined && typeof entry[externalId] === 'string';
}

function indexed<Child>(children: readonly Child[], attribute: string): Map<unknown, Child> {
  const valued = children.map((child) => [(child as ChildEntry)[attribute], child] as const);
  return new Map(valued.filter(([value]) => typeof value === 'string'));
}
