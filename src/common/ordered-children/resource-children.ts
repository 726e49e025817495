import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Call } from '../call/call.js';
import { deleted, type Deleted } from '../answers/deleted.js';
import { resourceMissing } from '../errors/api.exception.js';
import { parentKeyOf, resourceOf } from '../fields/entity-keys.js';
import { parentEntityOf } from '../fields/reference.field.js';
import type { Page } from '../list/page.js';
import type { PageQuery } from '../list/page.query.js';
import { idsOf, NEXT_VERSION } from '../table/column-sql.js';
import { Table } from '../table/table.js';
import { pipeline } from '../call/pipeline.js';
import { readTogether } from '../call/read-together.js';
import type { ExpectedVersions, Versioned } from '../versions/versions.js';
import type { ReorderBody } from './children.dto.js';
import type { ChildrenOf, OrderedChild } from './children-of.js';
import { OrderedChildren } from './ordered-children.js';
import { seenParameters, someChanged, type SeenChildren } from './seen-children.js';

/** What a writer of children knows of their parent, which it has locked. */
export type LockedParent = Versioned & { id: string };

/** The rules of children; `afterChange` also gives their parent its next version, which is all it does unless given. */
export type ResourceChildrenOptions<Child extends OrderedChild> = Pick<ChildrenOf<Child, LockedParent>, 'limit'> &
  Partial<Pick<ChildrenOf<Child, LockedParent>, 'afterChange' | 'beforeWrite'>>;

/**
 * What clients do with the ordered children of an entity with a `@ParentField`: they keep an order without gaps, and every
 * write locks the parent first and gives it a new version.
 */
export class ResourceChildren<Child extends OrderedChild> {
  /** The children as a part of their parent, for a service that writes both in one transaction. */
  readonly collection: OrderedChildren<Child, LockedParent>;
  private readonly table: Table<Child>;
  private readonly parentTable: string;
  private readonly parentResource: string;

  constructor(dataSource: DataSource, entity: Type<Child>, options: ResourceChildrenOptions<Child>) {
    const parent = parentEntityOf(entity);
    if (parentKeyOf(parent) !== undefined)
      throw new Error(`${entity.name} cannot be a child of ${parent.name}, which is a child itself.`);
    this.table = new Table(dataSource, entity);
    this.parentTable = dataSource.getMetadata(parent).tableName;
    this.parentResource = resourceOf(parent);
    this.collection = new OrderedChildren<Child, LockedParent>({
      rows: this.table,
      parentResource: this.parentResource,
      parentKey: parentKeyOf(entity) as keyof Child & string,
      lockParent: (call, id, idSql) => this.lockParent(call, id, idSql),
      afterChange: (call, ids, seen) => this.touchParents(call, ids, seen),
      ...options,
    });
  }

  /** Throws 404 if there is no such parent. */
  async list(call: Call, { parent_id: id, ...part }: { parent_id: string } & PageQuery): Promise<Page<Child>> {
    const page = await this.collection.list(call, id, part);
    if (page.total !== 0) return page;
    // Without children there may be no parent: read again, at one moment with the answer to that.
    return readTogether(call, async (call) => {
      const { page } = await pipeline({
        page: this.collection.list(call, id, part),
        found: this.requireParent(call, id),
      });
      return page;
    });
  }

  retrieve(call: Call, id: string): Promise<Child> {
    return this.table.get(call, id);
  }

  /** `expected` is about the parent, as it is for `reorder`. */
  create(call: Call, body: Partial<Child>, expected?: ExpectedVersions): Promise<Child> {
    return this.collection.insert(call, body, expected);
  }

  update(call: Call, id: string, body: Partial<Child>, expected?: ExpectedVersions): Promise<Child> {
    return this.collection.update(call, id, body, expected);
  }

  async remove(call: Call, id: string, expected?: ExpectedVersions): Promise<Deleted> {
    await this.collection.remove(call, id, expected);
    return deleted(id);
  }

  reorder(call: Call, body: ReorderBody, expected?: ExpectedVersions): Promise<Page<Child>> {
    return this.collection.reorder(call, body, expected);
  }

  private async lockParent(call: Call, id: string, idSql: string): Promise<LockedParent | undefined> {
    const text = `select id, version from ${this.parentTable} where workspace_id = $1 and id = ${idSql} for no key update`;
    const [row] = await call.manager.query<LockedParent[]>(text, [call.workspaceId, id]);
    return row;
  }

  private async touchParents(call: Call, ids: readonly string[], seen?: SeenChildren): Promise<void> {
    const text = `update ${this.parentTable} set ${NEXT_VERSION}
      where workspace_id = $1 and id = any(${idsOf('$2')}) ${someChanged(this.parentTable, seen)}`;
    await call.manager.query(text, [call.workspaceId, ids, ...seenParameters(seen)]);
  }

  private async requireParent(call: Call, id: string): Promise<void> {
    const text = `select id from ${this.parentTable} where workspace_id = $1 and id = $2`;
    const found = await call.manager.query<unknown[]>(text, [call.workspaceId, id]);
    if (found.length === 0) throw resourceMissing(this.parentResource, id, 'parent_id');
  }
}
