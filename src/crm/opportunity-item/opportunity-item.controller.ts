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
  list(
    @WorkspaceId() workspaceId: string,
    @Query() query: OpportunityItemQuery,
    @ReadManager() manager?: EntityManager,
  ): Promise<Page<OpportunityItem>> {
    return this.items.list(workspaceId, query, manager);
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
    @Author() author: WriteAuthor,
    @Body() body: CreateOpportunityItem,
    @Once() once: OncePerKey,
  ): Promise<OpportunityItem> {
    return once((manager) => this.items.create(author, body, manager));
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
    @Author() author: WriteAuthor,
    @Body() body: ReorderBody,
    @Once() once: OncePerKey,
  ): Promise<Page<OpportunityItem>> {
    return once((manager) => this.items.reorder(author, body, manager));
  }

  @Get(':id')
  @ApiRetrieve('retrieveOpportunityItem', 'Retrieve a line item', OpportunityItem)
  retrieve(
    @WorkspaceId() workspaceId: string,
    @Param('id') id: string,
    @ReadManager() manager?: EntityManager,
  ): Promise<OpportunityItem> {
    return this.items.retrieve(workspaceId, id, manager);
  }

  @Patch(':id')
  @ApiUpdate('updateOpportunityItem', 'Update a line item', OpportunityItem, UpdateOpportunityItem, updateExample)
  update(
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @Body() body: UpdateOpportunityItem,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<OpportunityItem> {
    return this.items.update(author, id, body, expected);
  }

  @Delete(':id')
  @ApiDelete('deleteOpportunityItem', 'Delete a line item', 'Those after it move up by one.')
  async remove(
    @Author() author: WriteAuthor,
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Deleted> {
    await this.items.remove(author, id, expected);
    return deleted(id);
  }
}
