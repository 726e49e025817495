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
  Table,
} from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import {
  listOfOpportunity,
  lockOpportunity,
  retotalOpportunities,
  type LockedOpportunity,
} from '../opportunity/opportunity.aggregate.js';
import type { CreateOpportunityItem, OpportunityItemQuery, UpdateOpportunityItem } from './opportunity-item.dto.js';
import { OpportunityItem } from './opportunity-item.entity.js';
import { imageViewSql, ownImages, withImageFallback } from './opportunity-item.image.js';

const AMOUNT_PARTS = ['qty', 'rate'];

@Injectable()
export class OpportunityItemService {
  /** The line items as a part of their opportunity, for those who write both in one transaction. */
  readonly collection: OrderedChildren<OpportunityItem, LockedOpportunity>;
  private readonly rows: Table<OpportunityItem>;

  constructor(dataSource: DataSource, @Inject(CONFIG) config: Config) {
    this.rows = new Table(dataSource, OpportunityItem, {
      subjectKey: 'opportunity_id',
      shownAs: { image_view: imageViewSql },
    });
    this.collection = new OrderedChildren({
      rows: this.rows,
      parentResource: 'opportunity',
      parentKey: 'opportunity_id',
      limit: config.MAX_CHILDREN,
      lockParent: lockOpportunity,
      afterChange: (call, ids, seen) => retotalOpportunities(call, ids, seen),
      fromParent: ({ conversion_rate }) => ({ conversion_rate }),
      beforeWrite: ownImages,
    });
  }

  async list(call: Call, query: OpportunityItemQuery): Promise<Page<OpportunityItem>> {
    const page = await listOfOpportunity(call, query.parent_id, (call) =>
      this.collection.list(call, query.parent_id, query),
    );
    return { ...page, data: page.data.map(withImageFallback) };
  }

  /** The line items of several opportunities, each opportunity's in order. */
  async ofOpportunities(call: Call, ids: readonly string[]): Promise<OpportunityItem[]> {
    return (await this.collection.ofParents(call, ids)).map(withImageFallback);
  }

  async retrieve(call: Call, id: string): Promise<OpportunityItem> {
    return withImageFallback(await this.rows.get(call, id));
  }

  async create(call: Call, body: CreateOpportunityItem, expected: ExpectedVersions): Promise<OpportunityItem> {
    return withImageFallback(await computedFrom(AMOUNT_PARTS, body, this.collection.insert(call, body, expected)));
  }

  async update(
    call: Call,
    id: string,
    body: UpdateOpportunityItem,
    expected: ExpectedVersions,
  ): Promise<OpportunityItem> {
    const update = this.collection.update(call, id, body, expected);
    return withImageFallback(await computedFrom(AMOUNT_PARTS, body, update));
  }

  async remove(call: Call, id: string, expected: ExpectedVersions): Promise<Deleted> {
    await this.collection.remove(call, id, expected);
    return deleted(id);
  }

  async reorder(call: Call, body: ReorderBody, expected: ExpectedVersions): Promise<Page<OpportunityItem>> {
    const page = await this.collection.reorder(call, body, expected);
    return { ...page, data: page.data.map(withImageFallback) };
  }
}
