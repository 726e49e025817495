import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Call } from '../call/call.js';
import { deleted, type Deleted } from '../answers/deleted.js';
import type { ListRequest } from '../list/list-request.js';
import type { ObjectRequest } from '../list/object-query.js';
import type { Page } from '../list/page.js';
import { TablePager } from '../list/table-pager.js';
import type { ExpectedVersions, Versioned } from '../versions/versions.js';
import { Table } from './table.js';

/**
 * What clients do with the rows of a resource that has no rules of its own. A resource that gets its first rule gets a
 * service, which owns a `Table` and a `TablePager` itself.
 */
export class ResourceTable<E extends Versioned & { id: string }> {
  private readonly table: Table<E>;
  private readonly pager: TablePager<E>;

  constructor(dataSource: DataSource, entity: Type<E>) {
    this.table = new Table(dataSource, entity);
    this.pager = new TablePager(this.table);
  }

  list(call: Call, request: ListRequest): Promise<Page<E>> {
    return this.pager.page(call, request);
  }

  retrieve(call: Call, id: string, request: ObjectRequest): Promise<E> {
    return this.pager.retrieve(call, id, request);
  }

  create(call: Call, body: Partial<E>): Promise<E> {
    return this.table.insert(call, body);
  }

  update(call: Call, id: string, body: Partial<E>, expected: ExpectedVersions): Promise<E> {
    return this.table.update(call, id, body, expected);
  }

  async remove(call: Call, id: string, expected: ExpectedVersions): Promise<Deleted> {
    await this.table.delete(call, id, expected);
    return deleted(id);
  }
}
