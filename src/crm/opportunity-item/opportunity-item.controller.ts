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
  CreateOpportunityItem,
  OpportunityItemList,
  OpportunityItemQuery,
  UpdateOpportunityItem,
} from './opportunity-item.dto.js';
import { OpportunityItem } from './opportunity-item.entity.js';
import { createExample, reorderExample, updateExample } from './opportunity-item.examples.js';
import { OpportunityItemService } from './opportunity-item.service.js';

@Controller('api/crm/opportunity-item')
@ApiResource('Opportunity Item')
export class OpportunityItemController {
  constructor(private readonly items: OpportunityItemService) {}

  @Get()
  @ApiChildList(
    'listOpportunityItems',
    'List the line items of an opportunity',
    OpportunityItemList,
    'All of them, in order.',
  )
  list(@CurrentCall() call: Call, @Query() query: OpportunityItemQuery): Promise<Page<OpportunityItem>> {
    return this.items.list(call, query);
  }

  @Post()
  @ApiCreate(
    'createOpportunityItem',
    'Add a line item to an opportunity',
    OpportunityItem,
    CreateOpportunityItem,
    createExample,
  )
  create(
    @Body() body: CreateOpportunityItem,
    @IfMatch('parent') expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ): Promise<OpportunityItem> {
    return run((call) => this.items.create(call, body, expected), body.opportunity_id);
  }

  @Post('reorder')
  @ApiReorder(
    'reorderOpportunityItems',
    'Reorder the line items of an opportunity',
    OpportunityItemList,
    ReorderBody,
    reorderExample,
  )
  reorder(
    @Body() body: ReorderBody,
    @IfMatch('parent') expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ): Promise<Page<OpportunityItem>> {
    return run((call) => this.items.reorder(call, body, expected), body.parent_id);
  }

  @Get(':id')
  @ApiRetrieve('retrieveOpportunityItem', 'Retrieve a line item', OpportunityItem)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string): Promise<OpportunityItem> {
    return this.items.retrieve(call, id);
  }

  @Patch(':id')
  @ApiUpdate('updateOpportunityItem', 'Update a line item', OpportunityItem, UpdateOpportunityItem, updateExample)
  update(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: UpdateOpportunityItem,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<OpportunityItem> {
    return this.items.update(call, id, body, expected);
  }

  @Delete(':id')
  @ApiDelete('deleteOpportunityItem', 'Delete a line item', 'Those after it move up by one.')
  async remove(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Deleted> {
    await this.items.remove(call, id, expected);
    return deleted(id);
  }
}
