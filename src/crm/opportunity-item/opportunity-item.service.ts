import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { computedFrom } from '../../common/errors/computed-amounts.js';
import { OrderedChildren } from '../../common/ordered-children/ordered-children.js';
import type { ReorderBody } from '../../common/ordered-children/children.dto.js';
import type { Page } from '../../common/page/page.js';
import { Rows } from '../../common/rows/rows.js';
import { CONFIG, type Config } from '../../config/config.js';
import { OpportunityService, type LockedOpportunity } from '../opportunity/opportunity.service.js';
import type { CreateOpportunityItem, OpportunityItemQuery, UpdateOpportunityItem } from './opportunity-item.dto.js';
import { OpportunityItem } from './opportunity-item.entity.js';
import { ownImages, shown } from './opportunity-item.image.js';

const AMOUNT_PARTS = ['qty', 'rate'];

@Injectable()
export class OpportunityItemService {
  private readonly items: OrderedChildren<OpportunityItem, LockedOpportunity>;

  constructor(
    dataSource: DataSource,
    @Inject(CONFIG) config: Config,
    private readonly opportunities: OpportunityService,
  ) {
    this.items = new OrderedChildren(dataSource, {
      rows: new Rows(dataSource, OpportunityItem),
      resource: 'opportunity-item',
      parentResource: 'opportunity',
      parentKey: 'opportunity_id',
      limit: config.MAX_CHILDREN,
      lockParent: (manager, workspaceId, id) => opportunities.lock(manager, workspaceId, id),
      changed: (manager, workspaceId, id) => opportunities.retotal(manager, workspaceId, id),
    });
  }

  async list(workspaceId: string, query: OpportunityItemQuery): Promise<Page<OpportunityItem>> {
    const page = await this.items.list(workspaceId, query.parent_id, query);
    if (page.total === 0) await this.opportunities.retrieve(workspaceId, query.parent_id, 'parent_id');
    return { ...page, data: page.data.map(shown) };
  }

  async retrieve(workspaceId: string, id: string): Promise<OpportunityItem> {
    return shown(await this.items.find(workspaceId, id));
  }

  async create(workspaceId: string, body: CreateOpportunityItem): Promise<OpportunityItem> {
    const insert = this.items.insert(workspaceId, body, ({ conversion_rate }) => ({ conversion_rate }));
    return shown(await computedFrom(AMOUNT_PARTS, body, insert));
  }

  async update(workspaceId: string, id: string, body: UpdateOpportunityItem): Promise<OpportunityItem> {
    return shown(await computedFrom(AMOUNT_PARTS, body, this.items.update(workspaceId, id, body, ownImages)));
  }

  remove(workspaceId: string, id: string): Promise<void> {
    return this.items.remove(workspaceId, id);
  }

  async reorder(workspaceId: string, body: ReorderBody): Promise<Page<OpportunityItem>> {
    const page = await this.items.reorder(workspaceId, body);
    return { ...page, data: page.data.map(shown) };
  }
}
