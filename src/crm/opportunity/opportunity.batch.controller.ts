import { Body, Controller, Post, Query } from '@nestjs/common';
import { ApiBatch, ApiResource, Idempotent, type IdempotentRun } from '../../common/index.js';
import { OpportunityBatch, OpportunityBatchQuery, OpportunityOutcomes } from './opportunity.batch.dto.js';
import { OpportunityBatchService } from './opportunity.batch.service.js';

const DESCRIPTION = `The service checks and runs each operation like the single call. By default it runs all operations or none: if one fails, the
response is its error, and \`param\` begins with the place of the operation. With \`atomic: false\` the response is 200, and each
operation has its own outcome.`;

@Controller('api/crm/opportunity/batch')
@ApiResource('Opportunity')
export class OpportunityBatchController {
  constructor(private readonly batches: OpportunityBatchService) {}

  @Post()
  @ApiBatch('batchOpportunities', 'Change many opportunities', OpportunityOutcomes, DESCRIPTION)
  run(@Body() body: OpportunityBatch, @Query() query: OpportunityBatchQuery, @Idempotent() run: IdempotentRun) {
    return run((call) => this.batches.run(call, body, query));
  }
}
