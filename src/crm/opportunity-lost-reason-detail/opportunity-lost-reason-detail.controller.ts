import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
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
import type { Call } from '../../common/call/call.js';
import { CurrentCall } from '../../common/call/current-call.decorator.js';
import { Idempotent, type IdempotentRun } from '../../common/transactions/idempotent.decorator.js';
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
    @CurrentCall() call: Call,
    @Query() query: OpportunityLostReasonDetailQuery,
  ): Promise<Page<OpportunityLostReasonDetail>> {
    return this.reasons.list(call, query);
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
    @Body() body: CreateOpportunityLostReasonDetail,
    @IfMatch('parent') expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ): Promise<OpportunityLostReasonDetail> {
    return run((call) => this.reasons.create(call, body, expected), body.opportunity_id);
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
    @Body() body: ReorderBody,
    @IfMatch('parent') expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ): Promise<Page<OpportunityLostReasonDetail>> {
    return run((call) => this.reasons.reorder(call, body, expected), body.parent_id);
  }

  @Get(':id')
  @ApiRetrieve('retrieveOpportunityLostReasonDetail', 'Retrieve a lost reason', OpportunityLostReasonDetail)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string): Promise<OpportunityLostReasonDetail> {
    return this.reasons.retrieve(call, id);
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
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: UpdateOpportunityLostReasonDetail,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<OpportunityLostReasonDetail> {
    return this.reasons.update(call, id, body, expected);
  }

  @Delete(':id')
  @ApiDelete('deleteOpportunityLostReasonDetail', 'Delete a lost reason', 'Those after it move up by one.')
  async remove(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Deleted> {
    await this.reasons.remove(call, id, expected);
    return deleted(id);
  }
}
