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
  OpportunityLostReasonDetailQuery,
  UpdateOpportunityLostReasonDetail,
} from './opportunity-lost-reason-detail.dto.js';
import { OpportunityLostReasonDetail } from './opportunity-lost-reason-detail.entity.js';

@Injectable()
export class OpportunityLostReasonDetailService {
  /** The lost reasons as a part of their opportunity, for those who write both in one transaction. */
  readonly collection: OrderedChildren<OpportunityLostReasonDetail, LockedOpportunity>;
  private readonly rows: Table<OpportunityLostReasonDetail>;

  constructor(
    dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.rows = new Table(dataSource, OpportunityLostReasonDetail, {
      subjectKey: 'opportunity_id',
    });
    this.collection = new OrderedChildren({
      rows: this.rows,
      parentResource: 'opportunity',
      parentKey: 'opportunity_id',
      limit: config.MAX_CHILDREN,
      lockParent: lockOpportunity,
      afterChange: touchOpportunities,
    });
  }

  list(call: Call, query: OpportunityLostReasonDetailQuery): Promise<Page<OpportunityLostReasonDetail>> {
    return listOfOpportunity(call, query.parent_id, (call) => this.collection.list(call, query.parent_id, query));
  }

  /** The lost reasons of several opportunities, each opportunity's in order. */
  ofOpportunities(call: Call, ids: readonly string[]): Promise<OpportunityLostReasonDetail[]> {
    return this.collection.ofParents(call, ids);
  }

  retrieve(call: Call, id: string): Promise<OpportunityLostReasonDetail> {
    return this.rows.get(call, id);
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

  reorder(call: Call, body: ReorderBody, expected: ExpectedVersions): Promise<Page<OpportunityLostReasonDetail>> {
    return this.collection.reorder(call, body, expected);
  }
}
