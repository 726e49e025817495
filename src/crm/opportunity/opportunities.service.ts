import { Inject, Injectable, type Type } from '@nestjs/common';
import { type Call, check, type Page } from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import {
  Opportunities,
  type Loss,
  type NewOpportunity,
  type OpportunityAttributes,
  type StageMove,
} from './opportunities.js';
import { OpportunityActionsService } from './opportunity.actions.service.js';
import {
  CreateOpportunity,
  LoseOpportunity,
  MoveOpportunity,
  OpportunityListQuery,
  UpdateOpportunity,
} from './opportunity.dto.js';
import type { Opportunity } from './opportunity.entity.js';
import { OpportunityService } from './opportunity.service.js';

/** What modules give is checked as a body is, and strictly: a mistake in code should not go unseen. */
@Injectable()
export class OpportunitiesService extends Opportunities {
  constructor(
    private readonly opportunities: OpportunityService,
    private readonly actions: OpportunityActionsService,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super();
  }

  find(call: Call, id: string): Promise<Opportunity | undefined> {
    return this.opportunities.rows.find(call, id);
  }

  get(call: Call, id: string): Promise<Opportunity> {
    return this.opportunities.rows.get(call, id);
  }

  async list(call: Call, query: Readonly<Record<string, string>> = {}): Promise<Page<Opportunity>> {
    const { value, errors } = OpportunityListQuery.read(query);
    errors.refuse();
    return this.opportunities.list(call, value);
  }

  async create(call: Call, values: NewOpportunity): Promise<Opportunity> {
    return this.opportunities.create(call, this.checked(CreateOpportunity, values));
  }

  async update(call: Call, id: string, change: OpportunityAttributes): Promise<Opportunity> {
    return this.opportunities.update(call, id, this.checked(UpdateOpportunity, change));
  }

  async delete(call: Call, id: string): Promise<void> {
    await this.opportunities.remove(call, id, undefined);
  }

  async move(call: Call, id: string, move: StageMove): Promise<Opportunity> {
    return this.actions.move(call, id, this.checked(MoveOpportunity, move), undefined);
  }

  convert(call: Call, id: string): Promise<Opportunity> {
    return this.actions.convert(call, id, undefined);
  }

  async lose(call: Call, id: string, loss: Loss): Promise<Opportunity> {
    return this.actions.lose(call, id, this.checked(LoseOpportunity, loss), undefined);
  }

  close(call: Call, id: string): Promise<Opportunity> {
    return this.actions.close(call, id, undefined);
  }

  reopen(call: Call, id: string): Promise<Opportunity> {
    return this.actions.reopen(call, id, undefined);
  }

  private checked<T extends object>(type: Type<T>, given: object): T {
    const { value, errors } = check(type, given, { strict: true, maxEntries: this.config.MAX_CHILDREN });
    errors.refuse();
    return value as T;
  }
}
