import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  type Call,
  computedFrom,
  deleted,
  type Deleted,
  type ExpectedVersions,
  OrderedChildren,
  type Page,
  type ReorderBody,
  Rows,
} from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import {
  listOfOpportunity,
  lockOpportunity,
  retotalOpportunity,
  type LockedOpportunity,
} from '../opportunity/opportunity.aggregate.js';
import type { CreateOpportunityItem, OpportunityItemQuery, UpdateOpportunityItem } from './opportunity-item.dto.js';
import { OpportunityItem } from './opportunity-item.entity.js';
import { ownImages, shown } from './opportunity-item.image.js';

const AMOUNT_PARTS = ['qty', 'rate'];

@Injectable()
export class OpportunityItemService {
  /** The line items as a part of their opportunity, for those who write both in one transaction. */
  readonly items: OrderedChildren<OpportunityItem, LockedOpportunity>;
  private readonly rows: Rows<OpportunityItem>;

  constructor(dataSource: DataSource, @Inject(CONFIG) config: Config) {
    this.rows = new Rows(dataSource, OpportunityItem, { subjectKey: 'opportunity_id' });
    this.items = new OrderedChildren({
      rows: this.rows,
      parentResource: 'opportunity',
      parentKey: 'opportunity_id',
      limit: config.MAX_CHILDREN,
      lockParent: lockOpportunity,
      changed: retotalOpportunity,
      derive: ({ conversion_rate }) => ({ conversion_rate }),
      adapt: ownImages,
    });
  }

  async list(call: Call, query: OpportunityItemQuery): Promise<Page<OpportunityItem>> {
    const page = await listOfOpportunity(call, query.parent_id, (call) =>
      this.items.list(call, query.parent_id, query),
    );
    return { ...page, data: page.data.map(shown) };
  }

  /** The line items of several opportunities, each opportunity's in order. */
  async ofOpportunities(call: Call, ids: readonly string[]): Promise<OpportunityItem[]> {
    return (await this.items.ofParents(call, ids)).map(shown);
  }

  async retrieve(call: Call, id: string): Promise<OpportunityItem> {
    return shown(await this.rows.get(call, id));
  }

  async create(call: Call, body: CreateOpportunityItem, expected: ExpectedVersions): Promise<OpportunityItem> {
    return shown(await computedFrom(AMOUNT_PARTS, body, this.items.insert(call, body, expected)));
  }

  async update(
    call: Call,
    id: string,
    body: UpdateOpportunityItem,
    expected: ExpectedVersions,
  ): Promise<OpportunityItem> {
    const update = this.items.update(call, id, body, expected);
    return shown(await computedFrom(AMOUNT_PARTS, body, update));
  }

  async remove(call: Call, id: string, expected: ExpectedVersions): Promise<Deleted> {
    await this.items.remove(call, id, expected);
    return deleted(id);
  }

  async reorder(call: Call, body: ReorderBody, expected: ExpectedVersions): Promise<Page<OpportunityItem>> {
    const page = await this.items.reorder(call, body, expected);
    return { ...page, data: page.data.map(shown) };
  }
}
