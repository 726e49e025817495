import { Controller, Get, Query } from '@nestjs/common';
import { ApiReport, ApiResource, CurrentCall, type Call } from '../../common/index.js';
import { AggregateAnswer, AggregateQuery } from './aggregate.dto.js';
import { AggregateService } from './aggregate.service.js';

const AGGREGATED = `Groups the opportunities that pass the filters of the list, and measures each group. Numbers are exact decimals, rounded once
to nine places. Every filter of the list of opportunities is a parameter here, too. \`filter\` of a row is a query of the list that finds exactly its deals.`;

@Controller('api/crm/opportunity/aggregate')
@ApiResource('Opportunity')
export class AggregateController {
  constructor(private readonly aggregates: AggregateService) {}

  @Get()
  @ApiReport('aggregateOpportunities', 'Group and measure opportunities', AggregateAnswer, AGGREGATED)
  aggregate(@CurrentCall() call: Call, @Query() query: AggregateQuery) {
    return this.aggregates.aggregate(call, query);
  }
}
