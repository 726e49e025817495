import { LRUCache } from 'lru-cache';
import type { Call } from '../call/call.js';
import { invalidParameter, resourceMissing, type ApiException } from '../errors/api.exception.js';
import { childrenLimitReached } from '../errors/limits.js';
import { recordEvent } from '../events/event-sql.js';
import { registerEventTypes } from '../events/event-types.js';
import { pageOf, type Page } from '../list/page.js';
import type { PageQuery } from '../list/page.query.js';
import { asAnswer } from '../table/answer-limit.js';
import { idsOf } from '../table/column-sql.js';
import type { ChildTable } from '../table/table-events.js';
import { isReading } from '../call/read-together.js';
import { inOrder, pipeline } from '../call/pipeline.js';
import { transactOn } from '../call/transact.js';
import { requireVersion, type ExpectedVersions, type Versioned } from '../versions/versions.js';
import type { ReorderBody } from './children.dto.js';
import type { ChildrenOf, OrderedChild, ParentWithChildren } from './children-of.js';
import { reorderProblem } from './permutation.js';
import { Positions } from './positions.js';
import type { MergeOptions } from './merge-options.js';
import { byParent, planMerge, refuseRepeated, type MergePlan } from './merge-plan.js';
import type { SeenChildren } from './seen-children.js';

/**
 * The children of a parent, at positions 1…n without gap or repetition. Every write first locks the parent's row, so
 * writes to the children of one parent happen one after the other, and locks are always taken in the same order.
 * Statements that do not wait for each other's answers are sent together: they still run one after the other.
 */
export class OrderedChildren<Child extends OrderedChild, Parent extends Versioned & { id: string }> {
  private readonly positions: Positions;
  /** Whose children some are, which never changes: their writers wait for those of the parent. */
  private readonly parents = new LRUCache<string, string>({ max: 10_000 });
  private readonly shown: string;

  constructor(private readonly options: ChildrenOf<Child, Parent>) {
    this.positions = new Positions(options.rows.name, options.parentKey);
    this.shown = options.rows.columnsSql(options.rows.columns);
    registerEventTypes(options.rows.name, 'reordered');
  }

  /** What the log keeps of the children when their parent is deleted with them. */
  get part(): ChildTable {
    const { rows, parentKey } = this.options;
    return { table: rows.name, parentKey, json: (alias) => rows.json(alias) };
  }

  /**
   * All children in order; `limit` and `offset` cut a part out. An empty answer may mean that there is no such parent. With
   * `names`, they have these attributes, and some that the kit needs.
   */
  async list(
    call: Call,
    parentId: string,
    { limit, offset = 0 }: PageQuery = {},
    names?: readonly string[],
  ): Promise<Page<Child>> {
    if (limit !== undefined || offset > 0) return this.slice(call, parentId, { limit, offset }, names);
    const all = await this.ofParents(call, [parentId], names);
    return pageOf(all, 0, all.length);
  }

  /** The children of several parents with one statement, each parent's in order; with these attributes and the parent's id. */
  ofParents(call: Call, parentIds: readonly string[], names?: readonly string[]): Promise<Child[]> {
    const { rows, parentKey } = this.options;
    const columns = names === undefined ? this.shown : rows.columnsSql([...new Set([...names, parentKey])]);
    const text = `select ${columns} from ${rows.name}
      where workspace_id = $1 and ${parentKey} = any(${idsOf('$2')}) order by ${parentKey}, idx`;
    // Who writes reads all there is.
    return call.manager.query<Child[]>(isReading(call) ? asAnswer(text) : text, [call.workspaceId, parentIds]);
  }

  /** Positions have no gaps, so the part begins behind a position, and the last one is the number of children. */
  private async slice(
    call: Call,
    parentId: string,
    { limit, offset }: { limit: number | undefined; offset: number },
    names?: readonly string[],
  ): Promise<Page<Child>> {
    const { rows, parentKey } = this.options;
    const { name: table } = rows;
    const columns = names === undefined ? this.shown : rows.columnsSql([...new Set([...names, 'idx'])]);
    const siblings = `from ${table} where workspace_id = $1 and ${parentKey} = $2`;
    const text = `select ${columns}, s."#size" from (select coalesce(max(idx), 0) as "#size" ${siblings}) s
      left join lateral (select * ${siblings} and idx > $3::bigint order by idx limit $4) ${table} on true order by idx`;
    const parameters = [call.workspaceId, parentId, offset, limit ?? null];
    const found = await call.manager.query<(Child & { '#size': number })[]>(asAnswer(text), parameters);
    const data = found
      .filter(({ idx }) => (idx as number | null) !== null)
      .map(({ '#size': _size, ...child }) => child);
    return pageOf(data as unknown as Child[], offset, found[0]?.['#size'] ?? 0);
  }

  /** Inserts at `values.idx`, moving the rest down, or at the end. `expected` is about the parent. */
  insert(outer: Call, values: Partial<Child>, expected?: ExpectedVersions): Promise<Child> {
    const { parentKey, rows, limit } = this.options;
    const parentId = values[parentKey] as string;
    return transactOn(outer, parentId, async (call) => {
      const { parent, size } = await pipeline({
        parent: this.lock(call, parentId, parentKey),
        size: this.positions.size(call, parentId),
      });
      requireVersion(parent.version, expected);
      if (size >= limit) throw childrenLimitReached(limit, parentKey);
      const idx = Math.min(values.idx ?? size + 1, size + 1);
      const child = this.newChild(values, parent, idx);
      const { row } = await inOrder(rows.isSentAtOnce(child), {
        shifted: () => (idx <= size ? this.positions.shift(call, parentId, idx, size, 1) : undefined),
        row: () => rows.insert(call, child),
        changed: () => this.options.afterChange(call, [parentId]),
      });
      this.parents.set(row.id, parentId);
      return row;
    });
  }

  /** Changes a child; `changes.idx` moves it. */
  update(outer: Call, id: string, changes: Partial<Child>, expected?: ExpectedVersions): Promise<Child> {
    const { parentKey, rows, beforeWrite } = this.options;
    return transactOn(outer, this.parents.get(id), async (call) => {
      const current = await this.lockAndFind(call, id, expected);
      const parentId = current[parentKey] as string;
      if (changes[parentKey] !== undefined && changes[parentKey] !== parentId)
        throw invalidParameter(parentKey, `${parentKey} cannot be changed; it is '${parentId}'.`);
      const { idx = current.idx, [parentKey]: _same, ...given } = changes;
      const target = await this.positions.target(call, parentId, current.idx, idx);
      const isMoved = target !== current.idx;
      if (!isMoved && Object.keys(given).length === 0) return current;
      const written = beforeWrite?.(given as Partial<Child>, current) ?? given;
      const values = { ...written, ...(isMoved && { idx: target }) } as Partial<Child>;
      const { row } = await inOrder(rows.isSentAtOnce(values), {
        shifted: () => (isMoved ? this.positions.makeRoom(call, parentId, current.idx, target) : undefined),
        row: () => rows.update(call, id, values),
        changed: () => this.options.afterChange(call, [parentId], this.seen([current])),
      });
      return row;
    });
  }

  /** Deletes a child and answers what it was. */
  remove(outer: Call, id: string, expected?: ExpectedVersions): Promise<Child> {
    return transactOn(outer, this.parents.get(id), async (call) => {
      const current = await this.lockAndFind(call, id, expected);
      const parentId = current[this.options.parentKey] as string;
      await pipeline({
        deleted: this.options.rows.delete(call, id),
        shifted: this.positions.shift(call, parentId, current.idx + 1, this.options.limit, -1),
        changed: this.options.afterChange(call, [parentId]),
      });
      return current;
    });
  }

  /** Puts the children into the order of `ids`, which names each once. `expected` is about the parent, `names` as in `list`. */
  reorder(
    outer: Call,
    { parent_id, ids }: ReorderBody,
    expected?: ExpectedVersions,
    names?: readonly string[],
  ): Promise<Page<Child>> {
    return transactOn(outer, parent_id, async (call) => {
      const parentId = parent_id ?? (await this.parentOf(call, ids));
      const { parent, order } = await pipeline({
        parent: this.lock(call, parentId, 'parent_id'),
        order: this.positions.order(call, parentId),
      });
      requireVersion(parent.version, expected);
      const problem = reorderProblem(order, ids);
      if (problem !== undefined) throw invalidParameter('ids', problem);
      if (order.every((id, index) => id === ids[index])) return this.list(call, parentId, {}, names);
      const { rows, afterChange, afterReorder = afterChange } = this.options;
      const version = parent.version + 1;
      const type = `${rows.name}.reordered`;
      const written = await pipeline({
        arranged: this.positions.arrange(call, parentId, ids),
        event: recordEvent(call, { type, objectId: parentId, version, before: { ids: order }, after: { ids } }),
        changed: afterReorder(call, [parentId]),
        after: this.list(call, parentId, {}, names),
      });
      return written.after;
    });
  }

  /**
   * Makes the list the parent's whole list: entries with an id of either kind change that child, those without make a new
   * one, children not in the list are deleted. The caller holds the parent's lock and has checked the entries; `path` is
   * theirs in errors.
   */
  replace(
    call: Call,
    parent: Parent,
    entries: readonly Partial<Child>[],
    path: string,
    options: Pick<MergeOptions, 'parentFollows'> = {},
  ): Promise<void> {
    const unknownId = (param: string, id: string): ApiException =>
      invalidParameter(param, `${param} '${id}' is not a child of this parent; leave id out to create one.`);
    const replacing = { path, mode: 'replace', usesIds: true, matchesEqual: false, unknownId } as const;
    return this.merge(call, [{ parent, entries }], { ...replacing, ...options });
  }

  /**
   * Merges a list into the children of each parent, with a fixed number of statements. The caller holds the locks of the
   * parents and has checked the entries.
   */
  async merge(
    call: Call,
    families: readonly ParentWithChildren<Parent, Child>[],
    options: MergeOptions,
  ): Promise<void> {
    const { rows, parentKey, afterChange } = this.options;
    const changed = options.parentFollows === true ? () => Promise.resolve() : afterChange;
    if (families.length === 0) return;
    const ids = families.map(({ parent }) => parent.id);
    const columns = [...rows.allColumns, 'version'];
    const all = byParent(await this.ofParents(call, ids, columns), parentKey);
    const plans = families.map(({ parent, entries }) =>
      planMerge(all.get(parent.id) ?? [], entries, options, {
        resource: rows.resource,
        externalId: rows.externalIds.name,
        limit: this.options.limit,
        beforeWrite: this.options.beforeWrite,
        newChild: (entry, idx) => this.newChild(entry, parent, idx),
      }),
    );
    const isOther = ({ gone, created }: MergePlan<Child>): boolean => gone.length + created.length > 0;
    const parentsOf = (isWanted: (plan: MergePlan<Child>) => boolean): string[] =>
      ids.filter((_id, at) => isWanted(plans[at] as MergePlan<Child>));
    const changedOnly = parentsOf((plan) => !isOther(plan) && plan.changes.length > 0);
    const seen = { table: rows.name, parentKey, children: plans.flatMap((plan) => (isOther(plan) ? [] : plan.before)) };
    await pipeline({
      deleted: rows.deleteMany(
        call,
        plans.flatMap(({ gone }) => gone),
      ),
      inserted: rows.insertMany(
        call,
        plans.flatMap(({ created }) => created),
      ),
      updated: rows.updateMany(
        call,
        plans.flatMap(({ changes }) => changes),
      ),
      others: someIn(parentsOf(isOther), (parents) => changed(call, parents)),
      changed: someIn(changedOnly, (parents) => changed(call, parents, seen)),
    });
  }

  /** Inserts the first children of new parents, with one statement. The caller takes the sums. */
  async insertAll(call: Call, families: readonly ParentWithChildren<Parent, Child>[], path: string): Promise<void> {
    const { rows, limit } = this.options;
    const values = families.flatMap(({ parent, entries }) => {
      if (entries.length > limit) throw childrenLimitReached(limit, path);
      refuseRepeated(rows.externalIds.name, entries, path);
      return entries.map((entry, index) => this.newChild(entry, parent, index + 1));
    });
    await rows.insertMany(call, values);
  }

  private seen(children: readonly Child[]): SeenChildren {
    return { table: this.options.rows.name, parentKey: this.options.parentKey, children };
  }

  /** A new child of the parent, with what it has from the start. */
  private newChild(values: Partial<Child>, parent: Parent, idx: number): Partial<Child> {
    const { beforeWrite, fromParent, parentKey } = this.options;
    // Not spread: new attributes of a copy are slow (decision 4).
    return Object.assign({}, beforeWrite?.(values) ?? values, fromParent?.(parent), { [parentKey]: parent.id, idx });
  }

  private async lock(call: Call, parentId: string, param: string): Promise<Parent> {
    const parent = await this.options.lockParent(call, parentId, '$2');
    if (parent === undefined) throw resourceMissing(this.options.parentResource, parentId, param);
    return parent;
  }

  /** The parent whose children a request names without naming it. */
  private async parentOf(call: Call, [first]: string[]): Promise<string> {
    const { rows, parentKey } = this.options;
    if (first === undefined)
      throw invalidParameter('parent_id', 'parent_id is required when ids is empty.', 'parameter_missing');
    const child = await rows.find(call, first);
    if (child === undefined) throw resourceMissing(rows.resource, first, 'ids[0]');
    return child[parentKey] as string;
  }

  /** Locks the parent of a child, then reads the child as it is once no one else can change it. */
  private async lockAndFind(call: Call, id: string, expected: ExpectedVersions): Promise<Child> {
    const { rows, parentKey, lockParent } = this.options;
    const parentOfChild = `(select ${parentKey} from ${rows.name} where workspace_id = $1 and id = $2)`;
    const { current } = await pipeline({ parent: lockParent(call, id, parentOfChild), current: rows.get(call, id) });
    this.parents.set(id, current[parentKey] as string);
    requireVersion(current.version, expected);
    return current;
  }
}

/** Runs where there is something to do. */
function someIn(ids: readonly string[], work: (ids: readonly string[]) => Promise<void>): Promise<void> | undefined {
  return ids.length === 0 ? undefined : work(ids);
}
