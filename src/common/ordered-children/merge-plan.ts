import { invalidParameter } from '../errors/api.exception.js';
import { childrenLimitReached } from '../errors/limits.js';
import { matchChildren, type ChildEntry } from './match-children.js';
import { refusedMatch, type MergeOptions } from './merge-options.js';
import type { OrderedChild } from './children-of.js';
import { sameAsWritten } from './same-values.js';

type Change<Child> = Partial<Child> & { id: string };

/** What a list that is sent makes of the children of one parent. */
export interface MergePlan<Child> {
  before: readonly Child[];
  gone: string[];
  created: Partial<Child>[];
  changes: Change<Child>[];
}

/** What a plan needs to know of the children. */
export interface Planning<Child> {
  resource: string;
  /** Their attribute with the id of another system. */
  externalId: string | undefined;
  /** Most children of one parent. */
  limit: number;
  beforeWrite: ((values: Partial<Child>, current?: Child) => Partial<Child>) | undefined;
  newChild: (values: Partial<Child>, idx: number) => Partial<Child>;
}

/** Throws 400, 404 or 409 for a list that cannot be merged. */
export function planMerge<Child extends OrderedChild>(
  before: readonly Child[],
  entries: readonly Partial<Child>[],
  options: MergeOptions,
  planning: Planning<Child>,
): MergePlan<Child> {
  const { path, mode, checkNew } = options;
  const { limit, newChild, beforeWrite } = planning;
  if (entries.length > limit) throw childrenLimitReached(limit, path);
  refuseRepeated(planning.externalId, entries, path);
  const matched = matchedChildren(before, entries, options, planning);
  const stays = mode === 'keep';
  let last = stays ? before.length : 0;
  const plan: MergePlan<Child> = { before, gone: [], created: [], changes: [] };
  for (const [index, { id: _id, ...given }] of entries.entries()) {
    const entry = given as Partial<Child>;
    const child = matched[index];
    if (child !== undefined) {
      const place = stays ? {} : { idx: (last += 1) };
      plan.changes.push({ ...(beforeWrite?.(entry, child) ?? entry), ...place, id: child.id });
      continue;
    }
    checkNew?.(entry, `${path}[${index}].`);
    plan.created.push(newChild(entry, (last += 1)));
  }
  if (last > limit) throw childrenLimitReached(limit, path);
  if (!stays) plan.gone.push(...before.filter((child) => !matched.includes(child)).map(({ id }) => id));
  return plan;
}

function matchedChildren<Child extends OrderedChild>(
  before: readonly Child[],
  entries: readonly Partial<Child>[],
  options: MergeOptions,
  { externalId, resource, beforeWrite }: Planning<Child>,
): (Child | undefined)[] {
  const { usesIds, matchesEqual } = options;
  const sent = entries as readonly ChildEntry[];
  const rules = { externalId, usesIds, ...(matchesEqual && { isSame: sameAsWritten(beforeWrite) }) };
  const { children, problem } = matchChildren(before, sent, rules);
  if (problem !== undefined) throw refusedMatch(problem, sent, options, resource);
  return children;
}

/** Throws 400 if one id of another system stands in two entries of a list. */
export function refuseRepeated(name: string | undefined, entries: readonly object[], path: string): void {
  if (name === undefined) return;
  const seen = new Set<unknown>();
  for (const [index, entry] of entries.entries()) {
    const externalId = (entry as ChildEntry)[name];
    if (typeof externalId !== 'string') continue;
    const param = `${path}[${index}].${name}`;
    if (seen.has(externalId)) throw invalidParameter(param, `${param} '${externalId}' is given twice.`);
    seen.add(externalId);
  }
}

/** Children by the id of their parent, in their order. */
export function byParent<Child>(children: readonly Child[], parentKey: keyof Child): Map<unknown, Child[]> {
  const groups = new Map<unknown, Child[]>();
  for (const child of children) {
    const group = groups.get(child[parentKey]);
    if (group === undefined) groups.set(child[parentKey], [child]);
    else group.push(child);
  }
  return groups;
}
