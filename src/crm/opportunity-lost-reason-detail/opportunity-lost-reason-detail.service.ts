import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  type Call,
  deleted,
  type Deleted,
  type ExpectedVersions,
  OrderedChildren,
  type Page,
  type ReorderBody,
  Table,
  transact,
  onlyFields,
  type FieldsRequest,
  type ObjectRequest,
  TablePager,
} from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import {
  listOfOpportunity,
  lockOpportunity,
  requireLostReason,
  touchOpportunities,
  type LockedOpportunity,
} from '../opportunity/opportunity.aggregate.js';
import type {
  CreateOpportunityLostReasonDetail,
  OpportunityLostReasonDetailListQuery,
  UpdateOpportunityLostReasonDetail,
} from './opportunity-lost-reason-detail.dto.js';
import { OpportunityLostReasonDetail } from './opportunity-lost-reason-detail.entity.js';

@Injectable()
export class OpportunityLostReasonDetailService {
  /** The lost reasons as a part of their opportunity, for those who write both in one transaction. */
  readonly collection: OrderedChildren<OpportunityLostReasonDetail, LockedOpportunity>;
  private readonly rows: Table<OpportunityLostReasonDetail>;
  private readonly pager: TablePager<OpportunityLostReasonDetail>;

  constructor(
    dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.rows = new Table(dataSource, OpportunityLostReasonDetail, {
      subjectKey: 'opportunity_id',
    });
    this.pager = new TablePager(this.rows);
    this.collection = new OrderedChildren({
      rows: this.rows,
      parentResource: 'opportunity',
      parentKey: 'opportunity_id',
      limit: config.MAX_CHILDREN,
      lockParent: lockOpportunity,
      afterChange: touchOpportunities,
    });
  }

  async list(
    call: Call,
    { parent_id, fields, ...part }: OpportunityLostReasonDetailListQuery,
  ): Promise<Page<OpportunityLostReasonDetail>> {
    const page = await listOfOpportunity(call, parent_id, (call) =>
      this.collection.list(call, parent_id, part, fields),
    );
    return { ...page, data: onlyFields(page.data, fields) };
  }

  /** The lost reasons of several opportunities, each opportunity's in order. */
  ofOpportunities(
    call: Call,
    ids: readonly string[],
    fields?: readonly string[],
  ): Promise<OpportunityLostReasonDetail[]> {
    return this.collection.ofParents(call, ids, fields);
  }

  retrieve(call: Call, id: string, request: ObjectRequest): Promise<OpportunityLostReasonDetail> {
    return this.pager.retrieve(call, id, request);
  }

  /** Does a write, and answers what of the lost reason is wanted. */
  written(
    call: Call,
    request: ObjectRequest,
    write: (call: Call) => Promise<OpportunityLostReasonDetail>,
    parentId?: string,
  ): Promise<OpportunityLostReasonDetail> {
    return this.pager.written(call, request, write, parentId);
  }

  create(
    call: Call,
    body: CreateOpportunityLostReasonDetail,
    expected: ExpectedVersions,
  ): Promise<OpportunityLostReasonDetail> {
    return this.collection.insert(call, body, expected);
  }

  update(
    call: Call,
    id: string,
    body: UpdateOpportunityLostReasonDetail,
    expected: ExpectedVersions,
  ): Promise<OpportunityLostReasonDetail> {
    return this.collection.update(call, id, body, expected);
  }

  remove(call: Call, id: string, expected: ExpectedVersions): Promise<Deleted> {
    return transact(call, async (call) => {
      const { opportunity_id } = await this.collection.remove(call, id, expected);
      await requireLostReason(call, this.config, opportunity_id);
      return deleted(id);
    });
  }

  async reorder(
    call: Call,
    body: ReorderBody,
    { fields }: FieldsRequest,
    expected: ExpectedVersions,
  ): Promise<Page<OpportunityLostReasonDetail>> {
    const page = await this.collection.reorder(call, body, expected, fields);
    return { ...page, data: onlyFields(page.data, fields) };
  }
}
