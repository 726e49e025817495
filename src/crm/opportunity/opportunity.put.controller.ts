import { Body, Controller, HttpStatus, Param, Put, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  ApiPut,
  ApiResource,
  CurrentCall,
  IfMatch,
  MustExist,
  type Call,
  type ExpectedVersions,
} from '../../common/index.js';
import { ExternalIdPath, OpportunityQuery, OpportunityView, PutOpportunity } from './opportunity.dto.js';
import { OpportunityPutService } from './opportunity.put.service.js';
import { OpportunityService } from './opportunity.service.js';

const PUT = `If no opportunity has the \`external_id\`, the service creates one, as with POST; otherwise it changes the opportunity, as with PATCH.
Attributes that you leave out get their defaults, or stay as they are. A list of children that you leave out stays as it is. A list
that you send replaces the former one: an entry stands for the child with its \`external_id\`, else for the child with its \`id\`, else
for a child that equals it; the service deletes all other children. So the same body sent twice changes nothing.`;

@Controller('api/crm/opportunity/by-external-id')
@ApiResource('Opportunity')
export class OpportunityPutController {
  constructor(
    private readonly opportunities: OpportunityService,
    private readonly puts: OpportunityPutService,
  ) {}

  @Put(':external_id')
  @ApiPut('putOpportunity', 'Create or update an opportunity', OpportunityView, PUT)
  async put(
    @CurrentCall() call: Call,
    @Param() { external_id }: ExternalIdPath,
    @Body() body: PutOpportunity,
    @Query() query: OpportunityQuery,
    @IfMatch() expected: ExpectedVersions,
    @MustExist() mustExist: boolean,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    let isCreated = false;
    const write = async (call: Call) => {
      const { isNew, opportunity } = await this.puts.put(call, external_id, body, { expected, mustExist });
      isCreated = isNew;
      return opportunity;
    };
    const opportunity = await this.opportunities.written(call, query, write, `external_id:${external_id}`);
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the write above has set it
    if (isCreated) void reply.status(HttpStatus.CREATED).header('Location', `/api/crm/opportunity/${opportunity.id}`);
    return opportunity;
  }
}
