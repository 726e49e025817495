import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ReorderBody } from '../../common/ordered-children/children.dto.js';
import { OrderedChildren } from '../../common/ordered-children/ordered-children.js';
import type { Page } from '../../common/page/page.js';
import { Rows } from '../../common/rows/rows.js';
import { CONFIG, type Config } from '../../config/config.js';
import { OpportunityService, type LockedOpportunity } from '../opportunity/opportunity.service.js';
import type {
  CreateOpportunityLostReasonDetail,
  OpportunityLostReasonDetailQuery,
  UpdateOpportunityLostReasonDetail,
} from './opportunity-lost-reason-detail.dto.js';
import { OpportunityLostReasonDetail } from './opportunity-lost-reason-detail.entity.js';

@Injectable()
export class OpportunityLostReasonDetailService {
  private readonly reasons: OrderedChildren<OpportunityLostReasonDetail, LockedOpportunity>;

  constructor(
    dataSource: DataSource,
    @Inject(CONFIG) config: Config,
    private readonly opportunities: OpportunityService,
  ) {
    this.reasons = new OrderedChildren(dataSource, {
      rows: new Rows(dataSource, OpportunityLostReasonDetail),
      resource: 'opportunity-lost-reason-detail',
      parentResource: 'opportunity',
      parentKey: 'opportunity_id',
      limit: config.MAX_CHILDREN,
      lockParent: (manager, workspaceId, id) => opportunities.lock(manager, workspaceId, id),
      changed: (manager, workspaceId, id) => opportunities.touch(manager, workspaceId, id),
    });
  }

  async list(workspaceId: string, query: OpportunityLostReasonDetailQuery): Promise<Page<OpportunityLostReasonDetail>> {
    const page = await this.reasons.list(workspaceId, query.parent_id, query);
    if (page.total === 0) await this.opportunities.retrieve(workspaceId, query.parent_id, 'parent_id');
    return page;
  }

  retrieve(workspaceId: string, id: string): Promise<OpportunityLostReasonDetail> {
    return this.reasons.find(workspaceId, id);
  }

  create(workspaceId: string, body: CreateOpportunityLostReasonDetail): Promise<OpportunityLostReasonDetail> {
    return this.reasons.insert(workspaceId, body);
  }

  update(
    workspaceId: string,
    id: string,
    body: UpdateOpportunityLostReasonDetail,
  ): Promise<OpportunityLostReasonDetail> {
    return this.reasons.update(workspaceId, id, body);
  }

  remove(workspaceId: string, id: string): Promise<void> {
    return this.reasons.remove(workspaceId, id);
  }

  reorder(workspaceId: string, body: ReorderBody): Promise<Page<OpportunityLostReasonDetail>> {
    return this.reasons.reorder(workspaceId, body);
  }
}
