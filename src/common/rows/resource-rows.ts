import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Call } from '../call/call.js';
import { deleted, type Deleted } from '../docs/deleted.js';
import type { ListRequest } from '../list/list-request.js';
import type { ObjectRequest } from '../list/object-query.js';
import type { Page } from '../list/page.js';
import { RowList } from '../list/row-list.js';
import type { ExpectedVersions, Versioned } from '../versions/versions.js';
import { Rows } from './rows.js';

/**
 * What clients do with the rows of a resource that has no rules of its own. A resource that gets its first rule gets a
 * service, which owns `Rows` and `RowList` itself.
 */
export class ResourceRows<E extends Versioned & { id: string }> {
  private readonly rows: Rows<E>;
  private readonly rowList: RowList<E>;

  constructor(dataSource: DataSource, entity: Type<E>) {
    this.rows = new Rows(dataSource, entity);
    this.rowList = new RowList(this.rows);
  }

  list(call: Call, request: ListRequest): Promise<Page<E>> {
    return this.rowList.page(call, request);
  }

  retrieve(call: Call, id: string, request: ObjectRequest): Promise<E> {
    return this.rowList.retrieve(call, id, request);
  }

  create(call: Call, body: Partial<E>): Promise<E> {
    return this.rows.insert(call, body);
  }

  update(call: Call, id: string, body: Partial<E>, expected: ExpectedVersions): Promise<E> {
    return this.rows.update(call, id, body, expected);
  }

  async remove(call: Call, id: string, expected: ExpectedVersions): Promise<Deleted> {
    await this.rows.delete(call, id, expected);
    return deleted(id);
  }
}
