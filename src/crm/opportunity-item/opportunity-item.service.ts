import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { WriteAuthor } from '../../common/events/author.js';
import { computedFrom } from '../../common/errors/computed-amounts.js';
import type { Page } from '../../common/list/page.js';
import type { ReorderBody } from '../../common/ordered-children/children.dto.js';
import { OrderedChildren } from '../../common/ordered-children/ordered-children.js';
import { Rows } from '../../common/rows/rows.js';
import type { ExpectedVersions } from '../../common/versions/versions.js';
import { CONFIG, type Config } from '../../config/config.js';
import {
  lockOpportunity,
  requireOpportunity,
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

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) config: Config,
  ) {
    this.rows = new Rows(dataSource, OpportunityItem, 'opportunity-item', { subjectKey: 'opportunity_id' });
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

  async list(
    workspaceId: string,
    query: OpportunityItemQuery,
    manager = this.dataSource.manager,
  ): Promise<Page<OpportunityItem>> {
    const page = await this.items.list(manager, workspaceId, query.parent_id, query);
    if (page.total === 0) await requireOpportunity(manager, workspaceId, query.parent_id, 'parent_id');
    return { ...page, data: page.data.map(shown) };
  }

  /** The line items of several opportunities, each opportunity's in order. */
  async ofOpportunities(
    manager: EntityManager,
    workspaceId: string,
    ids: readonly string[],
  ): Promise<OpportunityItem[]> {
    return (await this.items.ofParents(manager, workspaceId, ids)).map(shown);
  }

  async retrieve(workspaceId: string, id: string, manager = this.dataSource.manager): Promise<OpportunityItem> {
    return shown(await this.rows.get(manager, workspaceId, id));
  }

  async create(
    author: WriteAuthor,
    body: CreateOpportunityItem,
    manager = this.dataSource.manager,
  ): Promise<OpportunityItem> {
    return shown(await computedFrom(AMOUNT_PARTS, body, this.items.insert(manager, author, body)));
  }

  async update(
    author: WriteAuthor,
    id: string,
    body: UpdateOpportunityItem,
    expected: ExpectedVersions,
  ): Promise<OpportunityItem> {
    const update = this.items.update(this.dataSource.manager, author, id, body, expected);
    return shown(await computedFrom(AMOUNT_PARTS, body, update));
  }

  remove(author: WriteAuthor, id: string, expected: ExpectedVersions): Promise<void> {
    return this.items.remove(this.dataSource.manager, author, id, expected);
  }

  async reorder(
    author: WriteAuthor,
    body: ReorderBody,
    manager = this.dataSource.manager,
  ): Promise<Page<OpportunityItem>> {
    const page = await this.items.reorder(manager, author, body);
    return { ...page, data: page.data.map(shown) };
  }
}
