import { ServiceModule } from '../../common/index.js';
import { OpportunityItemController } from './opportunity-item.controller.js';
import { OpportunityItem } from './opportunity-item.entity.js';
import { OpportunityItemService } from './opportunity-item.service.js';

@ServiceModule({
  name: 'opportunity-item',
  entities: [OpportunityItem],
  tags: {
    'Opportunity Item':
      'The line items of an opportunity, in order. Each change updates the totals of the opportunity.',
  },
  controllers: [OpportunityItemController],
  providers: [OpportunityItemService],
  exports: [OpportunityItemService],
})
export class OpportunityItemModule {}
