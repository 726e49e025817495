import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { WriteAuthor } from '../../common/events/author.js';
import type { Page } from '../../common/list/page.js';
import type { ReorderBody } from '../../common/ordered-children/children.dto.js';
import { OrderedChildren } from '../../common/ordered-children/ordered-children.js';
import { Rows } from '../../common/rows/rows.js';
import type { ExpectedVersions } from '../../common/versions/versions.js';
import { CONFIG, type Config } from '../../config/config.js';
import {
  lockOpportunity,
  requireOpportunity,
  touchOpportunity,
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
  readonly reasons: OrderedChildren<OpportunityLostReasonDetail, LockedOpportunity>;
  private readonly rows: Rows<OpportunityLostReasonDetail>;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) config: Config,
  ) {
    this.rows = new Rows(dataSource, OpportunityLostReasonDetail, 'opportunity-lost-reason-detail', {
      subjectKey: 'opportunity_id',
    });
    this.reasons = new OrderedChildren({
      rows: this.rows,
      parentResource: 'opportunity',
      parentKey: 'opportunity_id',
      limit: config.MAX_CHILDREN,
      lockParent: lockOpportunity,
      changed: touchOpportunity,
    });
  }

  async list(
    workspaceId: string,
    query: OpportunityLostReasonDetailQuery,
    manager = this.dataSource.manager,
  ): Promise<Page<OpportunityLostReasonDetail>> {
    const page = await this.reasons.list(manager, workspaceId, query.parent_id, query);
    if (page.total === 0) await requireOpportunity(manager, workspaceId, query.parent_id, 'parent_id');
    return page;
  }

  /** The lost reasons of several opportunities, each opportunity's in order. */
  ofOpportunities(
    manager: EntityManager,
    workspaceId: string,
    ids: readonly string[],
  ): Promise<OpportunityLostReasonDetail[]> {
    return this.reasons.ofParents(manager, workspaceId, ids);
  }

  retrieve(workspaceId: string, id: string, manager = this.dataSource.manager): Promise<OpportunityLostReasonDetail> {
    return this.rows.get(manager, workspaceId, id);
  }

  create(
    author: WriteAuthor,
    body: CreateOpportunityLostReasonDetail,
    manager = this.dataSource.manager,
  ): Promise<OpportunityLostReasonDetail> {
    return this.reasons.insert(manager, author, body);
  }

  update(
    author: WriteAuthor,
    id: string,
    body: UpdateOpportunityLostReasonDetail,
    expected: ExpectedVersions,
  ): Promise<OpportunityLostReasonDetail> {
    return this.reasons.update(this.dataSource.manager, author, id, body, expected);
  }

  remove(author: WriteAuthor, id: string, expected: ExpectedVersions): Promise<void> {
    return this.reasons.remove(this.dataSource.manager, author, id, expected);
  }

  reorder(
    author: WriteAuthor,
    body: ReorderBody,
    manager = this.dataSource.manager,
  ): Promise<Page<OpportunityLostReasonDetail>> {
    return this.reasons.reorder(manager, author, body);
  }
}
