import { Module } from '@nestjs/common';
import { OpportunityLostReasonDetailController } from './opportunity-lost-reason-detail.controller.js';
import { OpportunityLostReasonDetailService } from './opportunity-lost-reason-detail.service.js';

@Module({
  controllers: [OpportunityLostReasonDetailController],
  providers: [OpportunityLostReasonDetailService],
  exports: [OpportunityLostReasonDetailService],
})
export class OpportunityLostReasonDetailModule {}
