import { Body, Controller, Param, Post, Put } from '@nestjs/common';
import { Author } from '../../auth/caller.js';
import { ApiAction, ApiReplace, ApiResource } from '../../common/docs/api.decorators.js';
import type { WriteAuthor } from '../../common/events/author.js';
import type { Page } from '../../common/list/page.js';
import { Once, type OncePerKey } from '../../common/transactions/once.decorator.js';
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
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @Body() body: LoseOpportunity,
    @IfMatch() expected: ExpectedVersions,
    @Once() once: OncePerKey,
  ): Promise<Opportunity> {
    return once((manager) => this.actions.lose(author, id, body, expected, manager));
  }

  @Post('reopen')
  @ApiAction(
    'reopenOpportunity',
    'Reopen an opportunity',
    'From Lost, Converted or Closed to Open; takes back the lost reasons.',
    OpportunityView,
  )
  reopen(
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
    @Once() once: OncePerKey,
  ): Promise<Opportunity> {
    return once((manager) => this.actions.reopen(author, id, expected, manager));
  }

  @Post('convert')
  @ApiAction(
    'convertOpportunity',
    'Convert an opportunity',
    'From Open, Replied or Quotation to Converted: the deal is won.',
    OpportunityView,
  )
  convert(
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
    @Once() once: OncePerKey,
  ): Promise<Opportunity> {
    return once((manager) => this.actions.convert(author, id, expected, manager));
  }

  @Post('close')
  @ApiAction(
    'closeOpportunity',
    'Close an opportunity',
    'From Open, Replied or Quotation to Closed, neither won nor lost.',
    OpportunityView,
  )
  close(
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
    @Once() once: OncePerKey,
  ): Promise<Opportunity> {
    return once((manager) => this.actions.close(author, id, expected, manager));
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
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @Body() body: ReplaceItems,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Page<OpportunityItem>> {
    return this.children.replaceItems(author, id, body, expected);
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
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @Body() body: ReplaceLostReasons,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Page<OpportunityLostReasonDetail>> {
    return this.children.replaceLostReasons(author, id, body, expected);
  }
}
