import { Module } from '@nestjs/common';
import { OpportunityModule } from '../opportunity/opportunity.module.js';
import { OpportunityLostReasonDetailController } from './opportunity-lost-reason-detail.controller.js';
import { OpportunityLostReasonDetailService } from './opportunity-lost-reason-detail.service.js';

@Module({
  imports: [OpportunityModule],
  controllers: [OpportunityLostReasonDetailController],
  providers: [OpportunityLostReasonDetailService],
  exports: [OpportunityLostReasonDetailService],
})
export class OpportunityLostReasonDetailModule {}
