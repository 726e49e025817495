import { HttpStatus } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { ApiException, invalidParameter, resourceMissing } from '../errors/api.exception.js';
import { newId } from '../ids/id.js';
import { pageOf, type Page } from '../page/page.js';
import type { PageQuery } from '../page/page.query.js';
import type { Rows } from '../rows/rows.js';
import type { ReorderBody } from './children.dto.js';
import { reorderProblem } from './permutation.js';

/** What every ordered child has. */
export interface OrderedChild {
  id: string;
  idx: number;
}

/** What a collection of children has to know about the resource they belong to. */
export interface ChildrenOf<Child extends OrderedChild, Parent> {
  rows: Rows<Child>;
  /** Name of the resource, and prefix of its ids. */
  resource: string;
  /** Name of the parent's resource. */
  parentResource: string;
  /** Column that holds the parent's id. */
  parentKey: keyof Child & string;
  /** Most children of one parent. */
  limit: number;
  /** Locks the parent's row for update and answers it; undefined where there is none. */
  lockParent: (manager: EntityManager, workspaceId: string, parentId: string) => Promise<Parent | undefined>;
  /** Runs after every change, in its transaction. */
  changed: (manager: EntityManager, workspaceId: string, parentId: string) => Promise<void>;
}

/**
 * The children of a parent, at positions 1…n without gap or repetition. Every write first locks the parent's row, so
 * writes to the children of one parent happen one after the other, and locks are always taken in the same order.
 */
export class OrderedChildren<Child extends OrderedChild, Parent> {
  private readonly table: string;
  private readonly siblings: string;

  constructor(
    private readonly dataSource: DataSource,
    private readonly options: ChildrenOf<Child, Parent>,
  ) {
    this.table = options.rows.table;
    this.siblings = `workspace_id = $1 and ${options.parentKey} = $2`;
  }

  /** All children in order; `limit` and `offset` cut a part out. An empty answer may mean that there is no such parent. */
  async list(
    workspaceId: string,
    parentId: string,
    query: PageQuery = {},
    manager = this.dataSource.manager,
  ): Promise<Page<Child>> {
    const text = `select ${this.options.rows.list()} from ${this.table} where ${this.siblings} order by idx`;
    const all = await manager.query<Child[]>(text, [workspaceId, parentId]);
    const { offset = 0, limit = all.length } = query;
    return pageOf(all.slice(offset, offset + limit), offset, all.length);
  }

  async find(workspaceId: string, id: string): Promise<Child> {
    const row = await this.options.rows.find(this.dataSource.manager, workspaceId, id);
    if (row === undefined) throw resourceMissing(this.options.resource, id);
    return row;
  }

  /** Inserts at `values.idx`, moving the rest down, or at the end. `derive` adds columns that follow from the parent. */
  insert(
    workspaceId: string,
    values: Partial<Child>,
    derive: (parent: Parent) => Partial<Child> = () => ({}),
  ): Promise<Child> {
    const { parentKey, parentResource, rows, resource, limit } = this.options;
    const parentId = values[parentKey] as string;
    return this.dataSource.transaction(async (manager) => {
      const parent = await this.options.lockParent(manager, workspaceId, parentId);
      if (parent === undefined) throw resourceMissing(parentResource, parentId, parentKey);
      const size = await this.size(manager, workspaceId, parentId);
      if (size >= limit) throw limitReached(limit, parentKey);
      const idx = Math.min(values.idx ?? size + 1, size + 1);
      if (idx <= size) await this.shift(manager, workspaceId, parentId, idx, size, 1);
      const key = { workspace_id: workspaceId, id: newId(resource), idx };
      const row = await rows.insert(manager, { ...values, ...derive(parent), ...key });
      await this.options.changed(manager, workspaceId, parentId);
      return row;
    });
  }

  /** Changes a child; `changes.idx` moves it. `derive` turns the given changes into columns, seeing the row as it is. */
  update(
    workspaceId: string,
    id: string,
    changes: Partial<Child>,
    derive = (given: Partial<Child>, _current: Child) => given,
  ): Promise<Child> {
    const { parentKey, rows } = this.options;
    return this.dataSource.transaction(async (manager) => {
      const current = await this.lockAndFind(manager, workspaceId, id);
      const parentId = current[parentKey] as string;
      if (changes[parentKey] !== undefined && changes[parentKey] !== parentId)
        throw invalidParameter(parentKey, `${parentKey} cannot be changed; it is '${parentId}'.`);
      const { idx = current.idx, [parentKey]: _same, ...given } = changes;
      const target = await this.move(manager, workspaceId, parentId, current, idx);
      if (target === current.idx && Object.keys(given).length === 0) return current;
      const columns = { ...derive(given as Partial<Child>, current), idx: target };
      const row = await rows.update(manager, workspaceId, id, columns);
      await this.options.changed(manager, workspaceId, parentId);
      return row ?? current;
    });
  }

  remove(workspaceId: string, id: string): Promise<void> {
    return this.dataSource.transaction(async (manager) => {
      const current = await this.lockAndFind(manager, workspaceId, id);
      const parentId = current[this.options.parentKey] as string;
      await this.options.rows.delete(manager, workspaceId, id);
      await this.shift(manager, workspaceId, parentId, current.idx + 1, this.options.limit, -1);
      await this.options.changed(manager, workspaceId, parentId);
    });
  }

  /** Puts the children into the order of `ids`, which must name each of them once. */
  async reorder(workspaceId: string, { parent_id, ids }: ReorderBody): Promise<Page<Child>> {
    const parentId = parent_id ?? (await this.parentOf(workspaceId, ids));
    return this.dataSource.transaction(async (manager) => {
      const parent = await this.options.lockParent(manager, workspaceId, parentId);
      if (parent === undefined) throw resourceMissing(this.options.parentResource, parentId, 'parent_id');
      const before = await this.list(workspaceId, parentId, {}, manager);
      const problem = reorderProblem(
        before.data.map((child) => child.id),
        ids,
      );
      if (problem !== undefined) throw invalidParameter('ids', problem);
      if (before.data.every((child, index) => child.id === ids[index])) return before;
      const text = `update ${this.table} set idx = o.idx from unnest($3::text[]) with ordinality o (id, idx)
        where ${this.siblings} and ${this.table}.id = o.id and ${this.table}.idx <> o.idx`;
      await manager.query(text, [workspaceId, parentId, ids]);
      await this.options.changed(manager, workspaceId, parentId);
      return this.list(workspaceId, parentId, {}, manager);
    });
  }

  /** The parent whose children a request names without naming it. */
  private async parentOf(workspaceId: string, [first]: string[]): Promise<string> {
    if (first === undefined)
      throw invalidParameter('parent_id', 'parent_id is required when ids is empty.', 'parameter_missing');
    const child = await this.options.rows.find(this.dataSource.manager, workspaceId, first);
    if (child === undefined) throw resourceMissing(this.options.resource, first, 'ids[0]');
    return child[this.options.parentKey] as string;
  }

  /** Locks the parent of a child, then reads the child as it is once no one else can change it. */
  private async lockAndFind(manager: EntityManager, workspaceId: string, id: string): Promise<Child> {
    const { rows, parentKey, resource, lockParent } = this.options;
    const seen = await rows.find(manager, workspaceId, id);
    if (seen !== undefined) await lockParent(manager, workspaceId, seen[parentKey] as string);
    const current = seen && (await rows.find(manager, workspaceId, id));
    if (current === undefined) throw resourceMissing(resource, id);
    return current;
  }

  private async size(manager: EntityManager, workspaceId: string, parentId: string): Promise<number> {
    const text = `select count(*)::int as size from ${this.table} where ${this.siblings}`;
    const [row] = await manager.query<{ size: number }[]>(text, [workspaceId, parentId]);
    return row?.size ?? 0;
  }

  /** Makes room for a child at `to`, and closes the gap it leaves. Answers the position it gets. */
  private async move(
    manager: EntityManager,
    workspaceId: string,
    parentId: string,
    child: Child,
    to: number,
  ): Promise<number> {
    if (to === child.idx) return to;
    const target = Math.min(to, await this.size(manager, workspaceId, parentId));
    if (target < child.idx) await this.shift(manager, workspaceId, parentId, target, child.idx - 1, 1);
    if (target > child.idx) await this.shift(manager, workspaceId, parentId, child.idx + 1, target, -1);
    return target;
  }

  private async shift(
    manager: EntityManager,
    workspaceId: string,
    parentId: string,
    first: number,
    last: number,
    by: 1 | -1,
  ): Promise<void> {
    const text = `update ${this.table} set idx = idx + $5 where ${this.siblings} and idx between $3 and $4`;
    await manager.query(text, [workspaceId, parentId, first, last, by]);
  }
}

function limitReached(limit: number, param: string): ApiException {
  const message = `There are ${limit} of these already, the most there may be.`;
  return new ApiException(HttpStatus.BAD_REQUEST, {
    code: 'children_limit_reached',
    message,
    param,
    errors: [{ param, code: 'children_limit_reached', message }],
  });
}
