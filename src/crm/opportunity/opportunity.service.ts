import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { resourceMissing } from '../../common/errors/api.exception.js';
import { computedFrom } from '../../common/errors/computed-amounts.js';
import { newId } from '../../common/ids/id.js';
import type { Decimal } from '../../common/json/exact-number.js';
import type { Page } from '../../common/page/page.js';
import type { PageQuery } from '../../common/page/page.query.js';
import { NEXT_UPDATED_AT, Rows } from '../../common/rows/rows.js';
import type { CreateOpportunity, UpdateOpportunity } from './opportunity.dto.js';
import { Opportunity } from './opportunity.entity.js';

const RESOURCE = 'opportunity';
const AMOUNT_PARTS = ['opportunity_amount', 'conversion_rate'];

/** What the children of an opportunity need of it while it is locked. */
export type LockedOpportunity = Pick<Opportunity, 'id' | 'conversion_rate'>;

@Injectable()
export class OpportunityService {
  private readonly rows: Rows<Opportunity>;

  constructor(private readonly dataSource: DataSource) {
    this.rows = new Rows(dataSource, Opportunity);
  }

  list(workspaceId: string, query: PageQuery): Promise<Page<Opportunity>> {
    return this.rows.page(this.dataSource.manager, workspaceId, query);
  }

  /** `param` names the body or query parameter that held the id. */
  async retrieve(workspaceId: string, id: string, param?: string): Promise<Opportunity> {
    const row = await this.rows.find(this.dataSource.manager, workspaceId, id);
    if (row === undefined) throw resourceMissing(RESOURCE, id, param);
    return row;
  }

  create(workspaceId: string, body: CreateOpportunity): Promise<Opportunity> {
    const values = { ...body, workspace_id: workspaceId, id: newId(RESOURCE) };
    return computedFrom(AMOUNT_PARTS, body, this.rows.insert(this.dataSource.manager, values));
  }

  async update(workspaceId: string, id: string, body: UpdateOpportunity): Promise<Opportunity> {
    const update =
      body.conversion_rate === undefined
        ? this.rows.update(this.dataSource.manager, workspaceId, id, body)
        : this.revalue(workspaceId, id, body, body.conversion_rate);
    const row = await computedFrom(AMOUNT_PARTS, body, update);
    if (row === undefined) throw resourceMissing(RESOURCE, id);
    return row;
  }

  async remove(workspaceId: string, id: string): Promise<void> {
    const existed = await this.rows.delete(this.dataSource.manager, workspaceId, id);
    if (!existed) throw resourceMissing(RESOURCE, id);
  }

  /** Locks the opportunity, so that its children are written one request at a time. */
  async lock(manager: EntityManager, workspaceId: string, id: string): Promise<LockedOpportunity | undefined> {
    const text = 'select id, conversion_rate from opportunity where workspace_id = $1 and id = $2 for update';
    const [row] = await manager.query<LockedOpportunity[]>(text, [workspaceId, id]);
    return row;
  }

  /** Notes that a child changed. */
  async touch(manager: EntityManager, workspaceId: string, id: string): Promise<void> {
    const text = `update opportunity set updated_at = ${NEXT_UPDATED_AT} where workspace_id = $1 and id = $2`;
    await manager.query(text, [workspaceId, id]);
  }

  /** Takes the sums over the line items anew; the caller holds the lock. */
  async retotal(manager: EntityManager, workspaceId: string, id: string): Promise<void> {
    const text = `update opportunity set updated_at = ${NEXT_UPDATED_AT}, total = s.total, base_total = s.base_total
      from (select coalesce(sum(amount), 0) as total, coalesce(sum(base_amount), 0) as base_total
        from opportunity_item where workspace_id = $1 and opportunity_id = $2) s
      where workspace_id = $1 and id = $2`;
    await manager.query(text, [workspaceId, id]);
  }

  /** A new conversion rate changes the amounts of every line item, and with them the totals. */
  private revalue(
    workspaceId: string,
    id: string,
    body: UpdateOpportunity,
    rate: Decimal,
  ): Promise<Opportunity | undefined> {
    return this.dataSource.transaction(async (manager) => {
      if ((await this.lock(manager, workspaceId, id)) === undefined) return undefined;
      const text = `update opportunity_item set conversion_rate = $3
        where workspace_id = $1 and opportunity_id = $2 and conversion_rate <> $3`;
      await manager.query(text, [workspaceId, id, rate]);
      await this.retotal(manager, workspaceId, id);
      return this.rows.update(manager, workspaceId, id, body);
    });
  }
}
