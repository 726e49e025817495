import { ApiSchema } from '@nestjs/swagger';
import {
  ChildrenFieldsQuery,
  CreateBody,
  EntryBody,
  exampleId,
  ObjectQuery,
  PageOf,
  ReplacementBody,
  UpdateBody,
  FieldsQuery,
} from '../../common/index.js';
import { OpportunityItem } from './opportunity-item.entity.js';

@ApiSchema({ name: 'OpportunityItemCreate', description: 'Attributes of a new line item.' })
export class CreateOpportunityItem extends CreateBody(OpportunityItem) {
  static override readonly example = {
    opportunity_id: exampleId('opportunity'),
    item_code: 'CHAIR-01',
    item_name: 'Office chair',
    qty: 12,
    uom: 'Nos',
    rate: 89.95,
  };
}

export class UpdateOpportunityItem extends UpdateBody(OpportunityItem) {
  static override readonly example = { qty: 10, rate: 92.5 };
}

@ApiSchema({ name: 'OpportunityItemEntry', description: 'A new line item within its opportunity.' })
export class OpportunityItemEntry extends EntryBody(CreateOpportunityItem, 'opportunity_id') {}

@ApiSchema({
  name: 'OpportunityItemReplacement',
  description: 'A line item to keep, with its `id`, or a new line item.',
})
export class OpportunityItemReplacement extends ReplacementBody(UpdateOpportunityItem, 'opportunity_id') {}

export class OpportunityItemList extends PageOf(OpportunityItem) {}

/** Which line items of an opportunity are wanted, and what of them. */
export class OpportunityItemListQuery extends ChildrenFieldsQuery('opportunity', OpportunityItem) {}

/** What is wanted of line items in their new order. */
export class OpportunityItemsQuery extends FieldsQuery(OpportunityItem) {}

/** What of one line item is wanted. */
export class OpportunityItemQuery extends ObjectQuery(OpportunityItem) {}
