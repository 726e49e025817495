import { ApiSchema } from '@nestjs/swagger';
import { CreateBody, UpdateBody } from '../../common/body/bodies.js';
import { PageOf } from '../../common/page/page.js';
import { Opportunity } from './opportunity.entity.js';

@ApiSchema({ name: 'OpportunityCreate', description: 'What a new opportunity may be given.' })
export class CreateOpportunity extends CreateBody(Opportunity) {}

@ApiSchema({ name: 'OpportunityUpdate', description: 'What may be changed; what is left out stays as it is.' })
export class UpdateOpportunity extends UpdateBody(Opportunity) {}

export class OpportunityList extends PageOf(Opportunity, 'Opportunity') {}
