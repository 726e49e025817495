import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiCreate,
  ApiDelete,
  ApiErase,
  ApiHistory,
  ApiList,
  ApiResource,
  ApiRetrieve,
  ApiUpdate,
} from '../../common/docs/api.decorators.js';
import { deleted, type Deleted } from '../../common/docs/deleted.js';
import type { Call } from '../../common/call/call.js';
import { CurrentCall } from '../../common/call/current-call.decorator.js';
import { RequireScope } from '../../auth/access.js';
import { EventList, HistoryQuery, type EventView } from '../../history/history.dto.js';
import type { Page } from '../../common/list/page.js';
import { Idempotent, type IdempotentRun } from '../../common/transactions/idempotent.decorator.js';
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
import { OpportunityErasureService } from './opportunity.erasure.service.js';
import { OpportunityService } from './opportunity.service.js';

const LISTED = `Newest first, unless \`sort\` says otherwise. Filters combine with AND; one that does not fit its attribute is refused.
Follow \`Link\`, or pass the last id as \`starting_after\`: pages by cursor neither repeat nor skip while others write.
To poll for changes, ask for \`updated_at[gte]\` the time of the poll before less one minute, and skip what you have seen: an object
becomes visible a moment after the time that it carries.`;

const HISTORY = `Newest first: every change of the opportunity and of its children, with the key and the request that made it.
The history of a deleted opportunity is there for as long as events are kept.`;

const ERASED = `Needs the scope \`admin\`. Deletes the opportunity with its line items and lost reasons, empties the events of its history,
and removes what was stored to answer an \`Idempotency-Key\` again. One event says who erased it and when. Also for an opportunity
that was deleted before; erasing it again changes nothing. This cannot be undone.`;

@Controller('api/crm/opportunity')
@ApiResource('Opportunity')
export class OpportunityController {
  constructor(
    private readonly opportunities: OpportunityService,
    private readonly erasures: OpportunityErasureService,
  ) {}

  @Get()
  @ApiList('listOpportunities', 'List all opportunities', OpportunityList, LISTED)
  list(@CurrentCall() call: Call, @Query() query: OpportunityListQuery): Promise<Page<Opportunity>> {
    return this.opportunities.list(call, query);
  }

  @Post()
  @ApiCreate('createOpportunity', 'Create an opportunity', OpportunityView, CreateOpportunity, createExample)
  create(@Body() body: CreateOpportunity, @Idempotent() run: IdempotentRun): Promise<Opportunity> {
    return run((call) => this.opportunities.create(call, body));
  }

  @Get(':id')
  @ApiRetrieve('retrieveOpportunity', 'Retrieve an opportunity', OpportunityView)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: OpportunityQuery): Promise<Opportunity> {
    return this.opportunities.retrieve(call, id, query);
  }

  @Get(':id/history')
  @ApiHistory('listOpportunityHistory', 'List the changes of an opportunity', EventList, HISTORY)
  history(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: HistoryQuery): Promise<Page<EventView>> {
    return this.opportunities.history(call, id, query);
  }

  @Patch(':id')
  @ApiUpdate('updateOpportunity', 'Update an opportunity', OpportunityView, UpdateOpportunity, updateExample)
  update(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: UpdateOpportunity,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Opportunity> {
    return this.opportunities.update(call, id, body, expected);
  }

  @Delete(':id')
  @ApiDelete(
    'deleteOpportunity',
    'Delete an opportunity',
    'Its line items and lost reasons go with it. This cannot be undone.',
  )
  async remove(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
  ): Promise<Deleted> {
    await this.opportunities.remove(call, id, expected);
    return deleted(id);
  }

  @Post(':id/erase')
  @RequireScope('admin')
  @ApiErase('eraseOpportunity', 'Erase an opportunity', ERASED)
  erase(
    @Param('id') id: string,
    @IfMatch() expected: ExpectedVersions,
    @Idempotent() run: IdempotentRun,
  ): Promise<Deleted> {
    return run(async (call) => {
      await this.erasures.erase(call, id, expected);
      return deleted(id);
    });
  }
}
