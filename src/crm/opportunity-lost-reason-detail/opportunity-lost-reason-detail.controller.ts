import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Author, WorkspaceId } from '../../auth/caller.js';
import {
  ApiChildList,
  ApiCreate,
  ApiDelete,
  ApiReorder,
  ApiResource,
  ApiRetrieve,
  ApiUpdate,
} from '../../common/docs/api.decorators.js';
import { deleted, type Deleted } from '../../common/docs/deleted.js';
import { ReadManager } from '../../common/preferences/read-manager.decorator.js';
import type { WriteAuthor } from '../../common/events/author.js';
import { Once, type OncePerKey } from '../../common/transactions/once.decorator.js';
import { IfMatch, type ExpectedVersions } from '../../common/versions/versions.js';
import { ReorderBody } from '../../common/ordered-children/children.dto.js';
import type { Page } from '../../common/list/page.js';
import {
  CreateOpportunityLostReasonDetail,
  OpportunityLostReasonDetailList,
  OpportunityLostReasonDetailQuery,
  UpdateOpportunityLostReasonDetail,
} from './opportunity-lost-reason-detail.dto.js';
import { OpportunityLostReasonDetail } from './opportunity-lost-reason-detail.entity.js';
import { createExample, reorderExample, updateExample } from './opportunity-lost-reason-detail.examples.js';
import { OpportunityLostReasonDetailService } from './opportunity-lost-reason-detail.service.js';

@Controller('api/crm/opportunity-lost-reason-detail')
@ApiResource('Opportunity Lost Reason Detail')
export class OpportunityLostReasonDetailController {
  constructor(private readonly reasons: OpportunityLostReasonDetailService) {}

  @Get()
  @ApiChildList(
    'listOpportunityLostReasonDetails',
    'List the lost reasons of an opportunity',
    OpportunityLostReasonDetailList,
    'All of them, in order.',
  )
  list(
    @WorkspaceId() workspaceId: string,
    @Query() query: OpportunityLostReasonDetailQuery,
    @ReadManager() manager?: EntityManager,
  ): Promise<Page<OpportunityLostReasonDetail>> {
    return this.reasons.list(workspaceId, query, manager);
  }

  @Post()
  @ApiCreate(
    'createOpportunityLostReasonDetail',
    'Add a lost reason to an opportunity',
    OpportunityLostReasonDetail,
    CreateOpportunityLostReasonDetail,
    createExample,
  )
  create(
    @Author() author: WriteAuthor,
    @Body() body: CreateOpportunityLostReasonDetail,
    @Once() once: OncePerKey,
  ): Promise<OpportunityLostReasonDetail> {
    return once((manager) => this.reasons.create(author, body, manager));
  }

  @Post('reorder')
  @ApiReorder(
    'reorderOpportunityLostReasonDetails',
    'Reorder the lost reasons of an opportunity',
    OpportunityLostReasonDetailList,
    ReorderBody,
    reorderExample,
  )
  reorder(
    @Author() author: WriteAuthor,
    @Body() body: ReorderBody,
    @Once() once: OncePerKey,
  ): Promise<Page<OpportunityLostReasonDetail>> {
    return once((manager) => this.reasons.reorder(author, body, manager));
  }

  @Get(':id')
  @ApiRetrieve('retrieveOpportunityLostReasonDetail', 'Retrieve a lost reason', OpportunityLostReasonDetail)
  retrieve(
    @WorkspaceId() workspaceId: string,
    @Param('id') id: string,
    @ReadManager() manager?: EntityManager,
  ): Promise<OpportunityLostReasonDetail> {
    return this.reasons.retrieve(workspaceId, id, manager);
  }

  @Patch(':id')
  @ApiUpdate(
    'updateOpportunityLostReasonDetail',
    'Update a lost reason',
    OpportunityLostReasonDetail,
    UpdateOpportunityLostReasonDetail,
    updateExample,
  )
  update(
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @Body() body: UpdateOpportunityLostReasonDetail,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<OpportunityLostReasonDetail> {
    return this.reasons.update(author, id, body, expected);
  }

  @Delete(':id')
  @ApiDelete('deleteOpportunityLostReasonDetail', 'Delete a lost reason', 'Those after it move up by one.')
  async remove(
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Deleted> {
    await this.reasons.remove(author, id, expected);
    return deleted(id);
  }
}
