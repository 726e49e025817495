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
  CurrentCall,
  Idempotent,
  IfMatch,
  RequireScope,
  type Call,
  type ExpectedVersions,
  type IdempotentRun,
} from '../../common/index.js';
import { EventList, HistoryQuery } from '../../history/history.dto.js';
import {
  CreateOpportunity,
  OpportunityList,
  OpportunityListQuery,
  OpportunityQuery,
  OpportunityView,
  UpdateOpportunity,
} from './opportunity.dto.js';
import { OpportunityErasureService } from './opportunity.erasure.service.js';
import { OpportunityService } from './opportunity.service.js';

const LISTED = `Newest first, unless \`sort\` says otherwise. Filters combine with AND; one that does not fit its attribute is refused.
Follow \`Link\`, or pass the last id as \`starting_after\`: pages by cursor neither repeat nor skip while others write.
To poll for changes, ask for \`updated_at[gte]\` the time of the poll before less one minute, and skip what you have seen: an object
becomes visible a moment after the time that it carries.`;

const HISTORY = `Newest first: every change of the opportunity and of its children, with the key and the request that made it.
The history of a deleted opportunity is there for as long as events are kept.`;

const DELETED = 'Its line items and lost reasons go with it. This cannot be undone.';

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
  list(@CurrentCall() call: Call, @Query() query: OpportunityListQuery) {
    return this.opportunities.list(call, query);
  }

  @Post()
  @ApiCreate('createOpportunity', 'Create an opportunity', OpportunityView)
  create(@Body() body: CreateOpportunity, @Idempotent() run: IdempotentRun) {
    return run((call) => this.opportunities.create(call, body));
  }

  @Get(':id')
  @ApiRetrieve('retrieveOpportunity', 'Retrieve an opportunity', OpportunityView)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: OpportunityQuery) {
    return this.opportunities.retrieve(call, id, query);
  }

  @Get(':id/history')
  @ApiHistory('listOpportunityHistory', 'List the changes of an opportunity', EventList, HISTORY)
  history(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: HistoryQuery) {
    return this.opportunities.history(call, id, query);
  }

  @Patch(':id')
  @ApiUpdate('updateOpportunity', 'Update an opportunity', OpportunityView)
  update(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: UpdateOpportunity,
    @IfMatch() expected: ExpectedVersions,
  ) {
    return this.opportunities.update(call, id, body, expected);
  }

  @Delete(':id')
  @ApiDelete('deleteOpportunity', 'Delete an opportunity', DELETED)
  remove(@CurrentCall() call: Call, @Param('id') id: string, @IfMatch() expected: ExpectedVersions) {
    return this.opportunities.remove(call, id, expected);
  }

  @Post(':id/erase')
  @RequireScope('admin')
  @ApiErase('eraseOpportunity', 'Erase an opportunity', ERASED)
  erase(@Param('id') id: string, @IfMatch() expected: ExpectedVersions, @Idempotent() run: IdempotentRun) {
    return run((call) => this.erasures.erase(call, id, expected));
  }
}
