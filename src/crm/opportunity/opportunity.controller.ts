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
import { StageHistory } from './opportunity.stages.dto.js';
import { OpportunityStagesService } from './opportunity.stages.service.js';
import { OpportunityService } from './opportunity.service.js';

const LISTED = `Newest first, unless \`sort\` says otherwise. An object must pass all filters. A filter that its
attribute does not have is refused. For the next page, follow \`Link\`, or send the last id as \`starting_after\`: pages by cursor repeat and skip
nothing while others write. To poll for changes, set \`updated_at[gte]\` to one minute before the previous poll, and skip objects
that you have seen: an object becomes visible a moment after its \`updated_at\`.`;

const HISTORY = `Every change of the opportunity and of its children, newest first, with the key and the request that made it.
A deleted opportunity keeps its history as long as the service keeps events.`;

const STAGES = `The periods in which the deal was open in one stage, oldest first. Amounts, probability and closing date are those at the start of
the period. \`totals\` adds up the periods of each stage.`;

const DELETED = 'Deletes its line items and lost reasons, too. This cannot be undone.';

const ERASED = `Needs the scope \`admin\`. Deletes the opportunity with its line items and lost reasons, empties the events of its history,
and empties the stored responses to an \`Idempotency-Key\` that show it. One event says who erased it and when. You can
also erase an opportunity that was deleted before. A second request changes nothing. This cannot be undone.`;

@Controller('api/crm/opportunity')
@ApiResource('Opportunity')
export class OpportunityController {
  constructor(
    private readonly opportunities: OpportunityService,
    private readonly erasures: OpportunityErasureService,
    private readonly stages: OpportunityStagesService,
  ) {}

  @Get()
  @ApiList('listOpportunities', 'List all opportunities', OpportunityList, LISTED)
  list(@CurrentCall() call: Call, @Query() query: OpportunityListQuery) {
    return this.opportunities.list(call, query);
  }

  @Post()
  @ApiCreate('createOpportunity', 'Create an opportunity', OpportunityView)
  create(@Body() body: CreateOpportunity, @Query() query: OpportunityQuery, @Idempotent() run: IdempotentRun) {
    return run((call) => this.opportunities.written(call, query, (call) => this.opportunities.create(call, body)));
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

  @Get(':id/stages')
  @ApiHistory('listOpportunityStages', 'List the stages of an opportunity', StageHistory, STAGES)
  stageHistory(@CurrentCall() call: Call, @Param('id') id: string) {
    return this.stages.history(call, id);
  }

  @Patch(':id')
  @ApiUpdate('updateOpportunity', 'Update an opportunity', OpportunityView)
  update(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: UpdateOpportunity,
    @Query() query: OpportunityQuery,
    @IfMatch() expected: ExpectedVersions,
  ) {
    const update = (call: Call) => this.opportunities.update(call, id, body, expected);
    return this.opportunities.written(call, query, update, id);
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
