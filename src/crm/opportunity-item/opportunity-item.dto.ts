import { ApiSchema } from '@nestjs/swagger';
import { CreateBody, UpdateBody } from '../../common/body/bodies.js';
import { PageOf } from '../../common/list/page.js';
import { ChildrenQuery, EntryBody, ReplacementBody } from '../../common/ordered-children/children.dto.js';
import { OpportunityItem } from './opportunity-item.entity.js';

@ApiSchema({ name: 'OpportunityItemCreate', description: 'What a new line item may be given.' })
export class CreateOpportunityItem extends CreateBody(OpportunityItem) {}

@ApiSchema({ name: 'OpportunityItemUpdate', description: 'What may be changed; what is left out stays as it is.' })
export class UpdateOpportunityItem extends UpdateBody(OpportunityItem) {}

@ApiSchema({ name: 'OpportunityItemEntry', description: 'A new line item within its opportunity.' })
export class OpportunityItemEntry extends EntryBody(CreateOpportunityItem, 'opportunity_id') {}

@ApiSchema({ name: 'OpportunityItemReplacement', description: 'A line item that stays, changed or not, or a new one.' })
export class OpportunityItemReplacement extends ReplacementBody(UpdateOpportunityItem, 'opportunity_id') {}

export class OpportunityItemList extends PageOf(OpportunityItem, 'OpportunityItem') {}

export class OpportunityItemQuery extends ChildrenQuery('opportunity') {}
