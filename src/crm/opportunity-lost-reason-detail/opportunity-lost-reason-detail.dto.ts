import { ApiSchema } from '@nestjs/swagger';
import {
  CreateBody,
  EntryBody,
  PageOf,
  ReplacementBody,
  UpdateBody,
  ChildrenFieldsQuery,
  FieldsQuery,
  ObjectQuery,
} from '../../common/index.js';
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

/** Which lost reasons are wanted, and what of them. */
export class OpportunityLostReasonDetailListQuery extends ChildrenFieldsQuery(
  'opportunity',
  OpportunityLostReasonDetail,
) {}

/** What is wanted of lost reasons in their new order. */
export class OpportunityLostReasonDetailsQuery extends FieldsQuery(OpportunityLostReasonDetail) {}

/** What of one lost reason is wanted. */
export class OpportunityLostReasonDetailQuery extends ObjectQuery(OpportunityLostReasonDetail) {}
