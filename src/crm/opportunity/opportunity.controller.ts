import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { WorkspaceId } from '../../auth/caller.js';
import {
  ApiCreate,
  ApiDelete,
  ApiList,
  ApiResource,
  ApiRetrieve,
  ApiUpdate,
} from '../../common/docs/api.decorators.js';
import { deleted, type Deleted } from '../../common/docs/deleted.js';
import type { Page } from '../../common/page/page.js';
import { PageQuery } from '../../common/page/page.query.js';
import { CreateOpportunity, OpportunityList, UpdateOpportunity } from './opportunity.dto.js';
import { Opportunity } from './opportunity.entity.js';
import { createExample, updateExample } from './opportunity.examples.js';
import { OpportunityService } from './opportunity.service.js';

@Controller('api/crm/opportunity')
@ApiResource('Opportunity')
export class OpportunityController {
  constructor(private readonly opportunities: OpportunityService) {}

  @Get()
  @ApiList('listOpportunities', 'List all opportunities', OpportunityList, 'Newest first.')
  list(@WorkspaceId() workspaceId: string, @Query() query: PageQuery): Promise<Page<Opportunity>> {
    return this.opportunities.list(workspaceId, query);
  }

  @Post()
  @ApiCreate('createOpportunity', 'Create an opportunity', Opportunity, CreateOpportunity, createExample)
  create(@WorkspaceId() workspaceId: string, @Body() body: CreateOpportunity): Promise<Opportunity> {
    return this.opportunities.create(workspaceId, body);
  }

  @Get(':id')
  @ApiRetrieve('retrieveOpportunity', 'Retrieve an opportunity', Opportunity)
  retrieve(@WorkspaceId() workspaceId: string, @Param('id') id: string): Promise<Opportunity> {
    return this.opportunities.retrieve(workspaceId, id);
  }

  @Patch(':id')
  @ApiUpdate('updateOpportunity', 'Update an opportunity', Opportunity, UpdateOpportunity, updateExample)
  update(
    @WorkspaceId() workspaceId: string,
    @Param('id') id: string,
    @Body() body: UpdateOpportunity,
  ): Promise<Opportunity> {
    return this.opportunities.update(workspaceId, id, body);
  }

  @Delete(':id')
  @ApiDelete(
    'deleteOpportunity',
    'Delete an opportunity',
    'Its line items and lost reasons go with it. This cannot be undone.',
  )
  async remove(@WorkspaceId() workspaceId: string, @Param('id') id: string): Promise<Deleted> {
    await this.opportunities.remove(workspaceId, id);
    return deleted(id);
  }
}
