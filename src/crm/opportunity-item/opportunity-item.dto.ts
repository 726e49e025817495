import { ApiSchema } from '@nestjs/swagger';
import { CreateBody, UpdateBody } from '../../common/body/bodies.js';
import { ChildrenQuery } from '../../common/ordered-children/children.dto.js';
import { PageOf } from '../../common/page/page.js';
import { OpportunityItem } from './opportunity-item.entity.js';

@ApiSchema({ name: 'OpportunityItemCreate', description: 'What a new line item may be given.' })
export class CreateOpportunityItem extends CreateBody(OpportunityItem) {}

@ApiSchema({ name: 'OpportunityItemUpdate', description: 'What may be changed; what is left out stays as it is.' })
export class UpdateOpportunityItem extends UpdateBody(OpportunityItem) {}

export class OpportunityItemList extends PageOf(OpportunityItem, 'OpportunityItem') {}

export class OpportunityItemQuery extends ChildrenQuery('opportunity') {}
