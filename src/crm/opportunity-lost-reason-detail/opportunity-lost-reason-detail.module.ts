import { ServiceModule } from '../../common/index.js';
import { OpportunityLostReasonDetailController } from './opportunity-lost-reason-detail.controller.js';
import { OpportunityLostReasonDetail } from './opportunity-lost-reason-detail.entity.js';
import { OpportunityLostReasonDetailService } from './opportunity-lost-reason-detail.service.js';

@ServiceModule({
  name: 'opportunity-lost-reason-detail',
  entities: [OpportunityLostReasonDetail],
  tags: { 'Opportunity Lost Reason Detail': 'The reasons why an opportunity was lost, in order.' },
  controllers: [OpportunityLostReasonDetailController],
  providers: [OpportunityLostReasonDetailService],
  exports: [OpportunityLostReasonDetailService],
})
export class OpportunityLostReasonDetailModule {}
