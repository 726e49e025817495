import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiChildList,
  ApiCreate,
  ApiDelete,
  ApiReorder,
  ApiResource,
  ApiRetrieve,
  ApiUpdate,
  CurrentCall,
  Idempotent,
  IfMatch,
  ReorderBody,
  type Call,
  type ExpectedVersions,
  type IdempotentRun,
} from '../../common/index.js';
import {
  CreateOpportunityItem,
  OpportunityItemList,
  OpportunityItemListQuery,
  OpportunityItemQuery,
  OpportunityItemsQuery,
  UpdateOpportunityItem,
} from './opportunity-item.dto.js';
import { OpportunityItem } from './opportunity-item.entity.js';
import { OpportunityItemService } from './opportunity-item.service.js';

@Controller('api/crm/opportunity-item')
@ApiResource('Opportunity Item')
export class OpportunityItemController {
  constructor(private readonly items: OpportunityItemService) {}

  @Get()
  @ApiChildList('listOpportunityItems', 'List the line items of an opportunity', OpportunityItemList)
  list(@CurrentCall() call: Call, @Query() query: OpportunityItemListQuery) {
    return this.items.list(call, query);
  }

  @Post()
  @ApiCreate('createOpportunityItem', 'Add a line item to an opportunity', OpportunityItem)
  create(
    @Body() body: CreateOpportunityItem,
    @Query() query: OpportunityItemQuery,
    @IfMatch('parent') expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ) {
    const { opportunity_id: parentId } = body;
    const create = (call: Call) => this.items.create(call, body, expected);
    return run((call) => this.items.written(call, query, create, parentId), parentId);
  }

  @Post('reorder')
  @ApiReorder('reorderOpportunityItems', 'Reorder the line items of an opportunity', OpportunityItemList)
  reorder(
    @Body() body: ReorderBody,
    @Query() query: OpportunityItemsQuery,
    @IfMatch('parent') expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ) {
    return run((call) => this.items.reorder(call, body, query, expected), body.parent_id);
  }

  @Get(':id')
  @ApiRetrieve('retrieveOpportunityItem', 'Retrieve a line item', OpportunityItem)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: OpportunityItemQuery) {
    return this.items.retrieve(call, id, query);
  }

  @Patch(':id')
  @ApiUpdate('updateOpportunityItem', 'Update a line item', OpportunityItem)
  update(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: UpdateOpportunityItem,
    @Query() query: OpportunityItemQuery,
    @IfMatch() expected: ExpectedVersions,
  ) {
    return this.items.written(call, query, (call) => this.items.update(call, id, body, expected));
  }

  @Delete(':id')
  @ApiDelete('deleteOpportunityItem', 'Delete a line item', 'The line items after it move up by one.')
  remove(@CurrentCall() call: Call, @Param('id') id: string, @IfMatch() expected: ExpectedVersions) {
    return this.items.remove(call, id, expected);
  }
}
