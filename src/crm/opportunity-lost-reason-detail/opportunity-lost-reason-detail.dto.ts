import { ApiSchema } from '@nestjs/swagger';
import { ChildrenQuery, CreateBody, EntryBody, PageOf, ReplacementBody, UpdateBody } from '../../common/index.js';
import { OpportunityLostReasonDetail } from './opportunity-lost-reason-detail.entity.js';

@ApiSchema({ name: 'OpportunityLostReasonDetailCreate', description: 'Attributes of a new lost reason.' })
export class CreateOpportunityLostReasonDetail extends CreateBody(OpportunityLostReasonDetail) {}

export class UpdateOpportunityLostReasonDetail extends UpdateBody(OpportunityLostReasonDetail) {
  static override readonly example = { lost_reason: 'Price too high' };
}

@ApiSchema({ name: 'OpportunityLostReasonDetailEntry', description: 'A new lost reason within its opportunity.' })
export class OpportunityLostReasonDetailEntry extends EntryBody(CreateOpportunityLostReasonDetail, 'opportunity_id') {}

@ApiSchema({
  name: 'OpportunityLostReasonDetailReplacement',
  description: 'A lost reason to keep, with its `id`, or a new lost reason.',
})
export class OpportunityLostReasonDetailReplacement extends ReplacementBody(
  UpdateOpportunityLostReasonDetail,
  'opportunity_id',
) {}

export class OpportunityLostReasonDetailList extends PageOf(OpportunityLostReasonDetail) {}

export class OpportunityLostReasonDetailQuery extends ChildrenQuery('opportunity') {}
