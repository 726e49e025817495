import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  type Call,
  computedFrom,
  deleted,
  type Deleted,
  type ExpectedVersions,
  type ObjectRequest,
  OrderedChildren,
  type Page,
  type ReorderBody,
  Table,
  TablePager,
  onlyFields,
  type FieldsRequest,
} from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import {
  listOfOpportunity,
  lockOpportunity,
  retotalOpportunities,
  touchOpportunities,
  type LockedOpportunity,
} from '../opportunity/opportunity.aggregate.js';
import type { CreateOpportunityItem, OpportunityItemListQuery, UpdateOpportunityItem } from './opportunity-item.dto.js';
import { OpportunityItem } from './opportunity-item.entity.js';
import { imageViewSql, ownImages, readFor, withFields, withImageFallback } from './opportunity-item.image.js';

const AMOUNT_PARTS = ['qty', 'rate'];

@Injectable()
export class OpportunityItemService {
  /** The line items as a part of their opportunity, for those who write both in one transaction. */
  readonly collection: OrderedChildren<OpportunityItem, LockedOpportunity>;
  private readonly rows: Table<OpportunityItem>;
  private readonly pager: TablePager<OpportunityItem>;

  constructor(dataSource: DataSource, @Inject(CONFIG) config: Config) {
    this.rows = new Table(dataSource, OpportunityItem, {
      subjectKey: 'opportunity_id',
      shownAs: { image_view: imageViewSql },
    });
    this.pager = new TablePager(this.rows);
    this.collection = new OrderedChildren({
      rows: this.rows,
      parentResource: 'opportunity',
      parentKey: 'opportunity_id',
      limit: config.MAX_CHILDREN,
      lockParent: lockOpportunity,
      afterChange: (call, ids, seen) => retotalOpportunities(call, ids, seen),
      afterReorder: (call, ids) => touchOpportunities(call, ids),
      fromParent: ({ conversion_rate }) => ({ conversion_rate }),
      beforeWrite: ownImages,
    });
  }

  async list(call: Call, { parent_id, fields, ...part }: OpportunityItemListQuery): Promise<Page<OpportunityItem>> {
    const page = await listOfOpportunity(call, parent_id, (call) =>
      this.collection.list(call, parent_id, part, readFor(fields)),
    );
    return { ...page, data: onlyFields(page.data.map(withImageFallback), fields) };
  }

  /** The line items of several opportunities, each opportunity's in order. */
  async ofOpportunities(call: Call, ids: readonly string[], fields?: readonly string[]): Promise<OpportunityItem[]> {
    return (await this.collection.ofParents(call, ids, readFor(fields))).map(withImageFallback);
  }

  async retrieve(call: Call, id: string, request: ObjectRequest): Promise<OpportunityItem> {
    const { fields } = request;
    return withFields(await this.pager.retrieve(call, id, { ...request, fields: readFor(fields) }), fields);
  }

  /** Does a write, and answers what of the item is wanted. */
  async written(
    call: Call,
    request: ObjectRequest,
    write: (call: Call) => Promise<OpportunityItem>,
    parentId?: string,
  ): Promise<OpportunityItem> {
    const { fields } = request;
    return withFields(await this.pager.written(call, { ...request, fields: readFor(fields) }, write, parentId), fields);
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

  async reorder(
    call: Call,
    body: ReorderBody,
    { fields }: FieldsRequest,
    expected: ExpectedVersions,
  ): Promise<Page<OpportunityItem>> {
    const page = await this.collection.reorder(call, body, expected, readFor(fields));
    return { ...page, data: onlyFields(page.data.map(withImageFallback), fields) };
  }
}
