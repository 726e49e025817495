import { Body, Controller, Param, Post, Put } from '@nestjs/common';
import { ApiAction, ApiReplace, ApiResource } from '../../common/docs/api.decorators.js';
import type { Call } from '../../common/call/call.js';
import { CurrentCall } from '../../common/call/current-call.decorator.js';
import type { Page } from '../../common/list/page.js';
import { Idempotent, type IdempotentRun } from '../../common/transactions/idempotent.decorator.js';
import { IfMatch, type ExpectedVersions } from '../../common/versions/versions.js';
import { OpportunityItemList } from '../opportunity-item/opportunity-item.dto.js';
import type { OpportunityItem } from '../opportunity-item/opportunity-item.entity.js';
import { OpportunityLostReasonDetailList } from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.dto.js';
import type { OpportunityLostReasonDetail } from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.entity.js';
import { OpportunityActionsService } from './opportunity.actions.service.js';
import { OpportunityChildrenService } from './opportunity.children.service.js';
import { LoseOpportunity, OpportunityView, ReplaceItems, ReplaceLostReasons } from './opportunity.dto.js';
import type { Opportunity } from './opportunity.entity.js';
import { loseExample, replaceItemsExample, replaceLostReasonsExample } from './opportunity.examples.js';

/** What is done to the deal as a whole: its ways from status to status, and its lists of children. */
@Controller('api/crm/opportunity/:id')
@ApiResource('Opportunity')
export class OpportunityActionsController {
  constructor(
    private readonly actions: OpportunityActionsService,
    private readonly children: OpportunityChildrenService,
  ) {}

  @Post('lose')
  @ApiAction(
    'loseOpportunity',
    'Lose an opportunity',
    'From Open, Replied or Quotation to Lost; replaces the lost reasons.',
    OpportunityView,
    {
      body: LoseOpportunity,
      example: loseExample,
    },
  )
  lose(
    @Param('id') id: string,
    @Body() body: LoseOpportunity,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ): Promise<Opportunity> {
    return run((call) => this.actions.lose(call, id, body, expected), id);
  }

  @Post('reopen')
  @ApiAction(
    'reopenOpportunity',
    'Reopen an opportunity',
    'From Lost, Converted or Closed to Open; takes back the lost reasons.',
    OpportunityView,
  )
  reopen(
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ): Promise<Opportunity> {
    return run((call) => this.actions.reopen(call, id, expected), id);
  }

  @Post('convert')
  @ApiAction(
    'convertOpportunity',
    'Convert an opportunity',
    'From Open, Replied or Quotation to Converted: the deal is won.',
    OpportunityView,
  )
  convert(
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ): Promise<Opportunity> {
    return run((call) => this.actions.convert(call, id, expected), id);
  }

  @Post('close')
  @ApiAction(
    'closeOpportunity',
    'Close an opportunity',
    'From Open, Replied or Quotation to Closed, neither won nor lost.',
    OpportunityView,
  )
  close(
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ): Promise<Opportunity> {
    return run((call) => this.actions.close(call, id, expected), id);
  }

  @Put('items')
  @ApiReplace(
    'replaceOpportunityItems',
    'Replace all line items',
    OpportunityItemList,
    ReplaceItems,
    replaceItemsExample,
  )
  replaceItems(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: ReplaceItems,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Page<OpportunityItem>> {
    return this.children.replaceItems(call, id, body, expected);
  }

  @Put('lost-reasons')
  @ApiReplace(
    'replaceOpportunityLostReasons',
    'Replace all lost reasons',
    OpportunityLostReasonDetailList,
    ReplaceLostReasons,
    replaceLostReasonsExample,
  )
  replaceLostReasons(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: ReplaceLostReasons,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Page<OpportunityLostReasonDetail>> {
    return this.children.replaceLostReasons(call, id, body, expected);
  }
}
