import { ServiceModule } from '../../common/index.js';
import { HistoryModule } from '../../history/history.module.js';
import { IdempotencyModule } from '../../idempotency/idempotency.module.js';
import { OpportunityItemModule } from '../opportunity-item/opportunity-item.module.js';
import { OpportunityLostReasonDetailModule } from '../opportunity-lost-reason-detail/opportunity-lost-reason-detail.module.js';
import { OpportunityActionsController } from './opportunity.actions.controller.js';
import { OpportunityActionsService } from './opportunity.actions.service.js';
import { OpportunityBatchController } from './opportunity.batch.controller.js';
import { OpportunityBatchService } from './opportunity.batch.service.js';
import { OpportunityChildrenService } from './opportunity.children.service.js';
import { OpportunityController } from './opportunity.controller.js';
import { Identity1796300000000 } from './1796300000000-identity.js';
import { IdentityIndexes1796300000001 } from './1796300000001-identity-indexes.js';
import { Opportunity } from './opportunity.entity.js';
import { OpportunityState } from './opportunity-state.entity.js';
import { OpportunityErasureService } from './opportunity.erasure.service.js';
import { OpportunityPlacementService } from './opportunity.placement.service.js';
import { OpportunityPutController } from './opportunity.put.controller.js';
import { OpportunityPutService } from './opportunity.put.service.js';
import { OpportunityStagesService } from './opportunity.stages.service.js';
import { OpportunityService } from './opportunity.service.js';

@ServiceModule({
  name: 'opportunity',
  entities: [Opportunity, OpportunityState],
  migrations: [Identity1796300000000, IdentityIndexes1796300000001],
  tags: { Opportunity: 'Possible sales: the party, the amounts and the status.' },
  imports: [HistoryModule, IdempotencyModule, OpportunityItemModule, OpportunityLostReasonDetailModule],
  controllers: [
    OpportunityPutController,
    OpportunityController,
    OpportunityActionsController,
    OpportunityBatchController,
  ],
  providers: [
    OpportunityService,
    OpportunityPlacementService,
    OpportunityStagesService,
    OpportunityChildrenService,
    OpportunityActionsService,
    OpportunityBatchService,
    OpportunityPutService,
    OpportunityErasureService,
  ],
  exports: [OpportunityService, OpportunityPutService],
})
export class OpportunityModule {}
