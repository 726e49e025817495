import { ApiSchema } from '@nestjs/swagger';
import { CreateBody, UpdateBody } from '../../common/body/bodies.js';
import { PageOf } from '../../common/list/page.js';
import { ChildrenQuery, EntryBody, ReplacementBody } from '../../common/ordered-children/children.dto.js';
import { OpportunityLostReasonDetail } from './opportunity-lost-reason-detail.entity.js';

@ApiSchema({ name: 'OpportunityLostReasonDetailCreate', description: 'What a new lost reason may be given.' })
export class CreateOpportunityLostReasonDetail extends CreateBody(OpportunityLostReasonDetail) {}

@ApiSchema({
  name: 'OpportunityLostReasonDetailUpdate',
  description: 'What may be changed; what is left out stays as it is.',
})
export class UpdateOpportunityLostReasonDetail extends UpdateBody(OpportunityLostReasonDetail) {}

@ApiSchema({ name: 'OpportunityLostReasonDetailEntry', description: 'A new lost reason within its opportunity.' })
export class OpportunityLostReasonDetailEntry extends EntryBody(CreateOpportunityLostReasonDetail, 'opportunity_id') {}

@ApiSchema({
  name: 'OpportunityLostReasonDetailReplacement',
  description: 'A lost reason that stays, changed or not, or a new one.',
})
export class OpportunityLostReasonDetailReplacement extends ReplacementBody(
  UpdateOpportunityLostReasonDetail,
  'opportunity_id',
) {}

export class OpportunityLostReasonDetailList extends PageOf(
  OpportunityLostReasonDetail,
  'OpportunityLostReasonDetail',
) {}

export class OpportunityLostReasonDetailQuery extends ChildrenQuery('opportunity') {}
