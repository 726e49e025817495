import { ApiSchema } from '@nestjs/swagger';
import { CreateBody, UpdateBody } from '../../common/body/bodies.js';
import { ChildrenQuery } from '../../common/ordered-children/children.dto.js';
import { PageOf } from '../../common/page/page.js';
import { OpportunityLostReasonDetail } from './opportunity-lost-reason-detail.entity.js';

@ApiSchema({ name: 'OpportunityLostReasonDetailCreate', description: 'What a new lost reason may be given.' })
export class CreateOpportunityLostReasonDetail extends CreateBody(OpportunityLostReasonDetail) {}

@ApiSchema({
  name: 'OpportunityLostReasonDetailUpdate',
  description: 'What may be changed; what is left out stays as it is.',
})
export class UpdateOpportunityLostReasonDetail extends UpdateBody(OpportunityLostReasonDetail) {}

export class OpportunityLostReasonDetailList extends PageOf(
  OpportunityLostReasonDetail,
  'OpportunityLostReasonDetail',
) {}

export class OpportunityLostReasonDetailQuery extends ChildrenQuery('opportunity') {}
