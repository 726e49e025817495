import { Body, Controller, Param, Post, Put, Query } from '@nestjs/common';
import {
  ApiAction,
  ApiReplace,
  ApiResource,
  CurrentCall,
  Idempotent,
  IfMatch,
  type Call,
  type ExpectedVersions,
  type IdempotentRun,
} from '../../common/index.js';
import { OpportunityItemList, OpportunityItemQuery } from '../opportunity-item/opportunity-item.dto.js';
import {
  OpportunityLostReasonDetailList,
  OpportunityLostReasonDetailsQuery,
} from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.dto.js';
import { OpportunityActionsService } from './opportunity.actions.service.js';
import { OpportunityChildrenService } from './opportunity.children.service.js';
import {
  LoseOpportunity,
  MoveOpportunity,
  OpportunityQuery,
  OpportunityView,
  ReplaceItems,
  ReplaceLostReasons,
} from './opportunity.dto.js';
import type { Opportunity } from './opportunity.entity.js';
import { OpportunityService } from './opportunity.service.js';

const LOSE = 'Changes the status from Open, Replied or Quotation to Lost, and replaces the lost reasons.';
const REOPEN =
  'Changes the status from Lost, Converted or Closed to Open. Deletes the lost reasons and clears `order_lost_reason`.';
const CONVERT = 'Changes the status from Open, Replied or Quotation to Converted: the deal is won.';
const CLOSE = 'Changes the status from Open, Replied or Quotation to Closed: the deal is neither won nor lost.';
const MOVE = `Moves the deal to a stage of its pipeline or of another one, in one step. A move to an open stage reopens a deal that has ended, and
otherwise leaves the status as it is. A move to a lost stage does the same as \`lose\`, and a move to a won stage the same as
\`convert\`. If the deal is already in the stage, nothing changes.`;

/** What is done to the deal as a whole: its ways from status to status, and its lists of children. */
@Controller('api/crm/opportunity/:id')
@ApiResource('Opportunity')
export class OpportunityActionsController {
  constructor(
    private readonly actions: OpportunityActionsService,
    private readonly children: OpportunityChildrenService,
    private readonly opportunities: OpportunityService,
  ) {}

  @Post('lose')
  @ApiAction('loseOpportunity', 'Lose an opportunity', OpportunityView, LOSE)
  lose(
    @Param('id') id: string,
    @Body() body: LoseOpportunity,
    @Query() query: OpportunityQuery,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ) {
    return this.answer(run, id, query, (call) => this.actions.lose(call, id, body, expected));
  }

  @Post('reopen')
  @ApiAction('reopenOpportunity', 'Reopen an opportunity', OpportunityView, REOPEN)
  reopen(
    @Param('id') id: string,
    @Query() query: OpportunityQuery,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ) {
    return this.answer(run, id, query, (call) => this.actions.reopen(call, id, expected));
  }

  @Post('convert')
  @ApiAction('convertOpportunity', 'Convert an opportunity', OpportunityView, CONVERT)
  convert(
    @Param('id') id: string,
    @Query() query: OpportunityQuery,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ) {
    return this.answer(run, id, query, (call) => this.actions.convert(call, id, expected));
  }

  @Post('close')
  @ApiAction('closeOpportunity', 'Close an opportunity', OpportunityView, CLOSE)
  close(
    @Param('id') id: string,
    @Query() query: OpportunityQuery,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ) {
    return this.answer(run, id, query, (call) => this.actions.close(call, id, expected));
  }

  @Post('move')
  @ApiAction('moveOpportunity', 'Move an opportunity to a stage', OpportunityView, MOVE)
  move(
    @Param('id') id: string,
    @Body() body: MoveOpportunity,
    @Query() query: OpportunityQuery,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ) {
    return this.answer(run, id, query, (call) => this.actions.move(call, id, body, expected));
  }

  @Put('items')
  @ApiReplace('replaceOpportunityItems', 'Replace all line items', OpportunityItemList)
  replaceItems(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: ReplaceItems,
    @Query() query: OpportunityItemQuery,
    @IfMatch() expected: ExpectedVersions,
  ) {
    return this.children.replaceItems(call, id, body, query, expected);
  }

  @Put('lost-reasons')
  @ApiReplace('replaceOpportunityLostReasons', 'Replace all lost reasons', OpportunityLostReasonDetailList)
  replaceLostReasons(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: ReplaceLostReasons,
    @Query() query: OpportunityLostReasonDetailsQuery,
    @IfMatch() expected: ExpectedVersions,
  ) {
    return this.children.replaceLostReasons(call, id, body, query, expected);
  }

  private answer(
    run: IdempotentRun,
    id: string,
    query: OpportunityQuery,
    act: (call: Call) => Promise<Opportunity>,
  ): Promise<Opportunity> {
    return run((call) => this.opportunities.written(call, query, act, id), id);
  }
}
