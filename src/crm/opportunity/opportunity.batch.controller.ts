import { Body, Controller, Post } from '@nestjs/common';
import { Author } from '../../auth/caller.js';
import { ApiBatch, ApiResource } from '../../common/docs/api.decorators.js';
import type { WriteAuthor } from '../../common/events/author.js';
import { Once, type OncePerKey } from '../../common/transactions/once.decorator.js';
import { OpportunityBatch, OpportunityOutcomes } from './opportunity.batch.dto.js';
import { OpportunityBatchService } from './opportunity.batch.service.js';
import { batchExample } from './opportunity.examples.js';

const DESCRIPTION = `Each operation is checked and works as the single call does. By default all happen or none: the first failure is the answer,
its \`param\` starting with the operation's place. With \`atomic: false\` the answer is 200 and each operation has its own outcome.`;

@Controller('api/crm/opportunity/batch')
@ApiResource('Opportunity')
export class OpportunityBatchController {
  constructor(private readonly batches: OpportunityBatchService) {}

  @Post()
  @ApiBatch('batchOpportunities', 'Change many opportunities', DESCRIPTION, OpportunityOutcomes, {
    body: OpportunityBatch,
    example: batchExample,
  })
  run(
    @Author() author: WriteAuthor,
    @Body() body: OpportunityBatch,
    @Once() once: OncePerKey,
  ): Promise<OpportunityOutcomes> {
    return once((manager) => this.batches.run(author, body, manager));
  }
}
