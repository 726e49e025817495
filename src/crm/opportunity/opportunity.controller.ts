import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Author, WorkspaceId } from '../../auth/caller.js';
import {
  ApiCreate,
  ApiDelete,
  ApiHistory,
  ApiList,
  ApiResource,
  ApiRetrieve,
  ApiUpdate,
} from '../../common/docs/api.decorators.js';
import { deleted, type Deleted } from '../../common/docs/deleted.js';
import type { WriteAuthor } from '../../common/events/author.js';
import { EventList, HistoryQuery, type EventView } from '../../history/history.dto.js';
import type { Page } from '../../common/list/page.js';
import { ReadManager } from '../../common/preferences/read-manager.decorator.js';
import { Once, type OncePerKey } from '../../common/transactions/once.decorator.js';
import { IfMatch, type ExpectedVersions } from '../../common/versions/versions.js';
import {
  CreateOpportunity,
  OpportunityList,
  OpportunityListQuery,
  OpportunityQuery,
  OpportunityView,
  UpdateOpportunity,
} from './opportunity.dto.js';
import type { Opportunity } from './opportunity.entity.js';
import { createExample, updateExample } from './opportunity.examples.js';
import { OpportunityService } from './opportunity.service.js';

const LISTED = `Newest first, unless \`sort\` says otherwise. Filters combine with AND; one that does not fit its attribute is refused.
Follow \`Link\`, or pass the last id as \`starting_after\`: pages by cursor neither repeat nor skip while others write.`;

@Controller('api/crm/opportunity')
@ApiResource('Opportunity')
export class OpportunityController {
  constructor(private readonly opportunities: OpportunityService) {}

  @Get()
  @ApiList('listOpportunities', 'List all opportunities', OpportunityList, LISTED)
  list(
    @WorkspaceId() workspaceId: string,
    @Query() query: OpportunityListQuery,
    @ReadManager() manager?: EntityManager,
  ): Promise<Page<Opportunity>> {
    return this.opportunities.list(workspaceId, query, manager);
  }

  @Post()
  @ApiCreate('createOpportunity', 'Create an opportunity', OpportunityView, CreateOpportunity, createExample)
  create(
    @Author() author: WriteAuthor,
    @Body() body: CreateOpportunity,
    @Once() once: OncePerKey,
  ): Promise<Opportunity> {
    return once((manager) => this.opportunities.create(author, body, manager));
  }

  @Get(':id')
  @ApiRetrieve('retrieveOpportunity', 'Retrieve an opportunity', OpportunityView)
  retrieve(
    @WorkspaceId() workspaceId: string,
    @Param('id') id: string,
    @Query() query: OpportunityQuery,
    @ReadManager() manager?: EntityManager,
  ): Promise<Opportunity> {
    return this.opportunities.retrieve(workspaceId, id, query, manager);
  }

  @Get(':id/history')
  @ApiHistory('listOpportunityHistory', 'List the changes of an opportunity', EventList)
  history(
    @WorkspaceId() workspaceId: string,
    @Param('id') id: string,
    @Query() query: HistoryQuery,
    @ReadManager() manager?: EntityManager,
  ): Promise<Page<EventView>> {
    return this.opportunities.history(workspaceId, id, query, manager);
  }

  @Patch(':id')
  @ApiUpdate('updateOpportunity', 'Update an opportunity', OpportunityView, UpdateOpportunity, updateExample)
  update(
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @Body() body: UpdateOpportunity,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Opportunity> {
    return this.opportunities.update(author, id, body, expected);
  }

  @Delete(':id')
  @ApiDelete(
    'deleteOpportunity',
    'Delete an opportunity',
    'Its line items and lost reasons go with it. This cannot be undone.',
  )
  async remove(
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Deleted> {
    await this.opportunities.remove(author, id, expected);
    return deleted(id);
  }
}
