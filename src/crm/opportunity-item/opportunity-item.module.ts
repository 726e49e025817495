import { Module } from '@nestjs/common';
import { OpportunityModule } from '../opportunity/opportunity.module.js';
import { OpportunityItemController } from './opportunity-item.controller.js';
import { OpportunityItemService } from './opportunity-item.service.js';

@Module({
  imports: [OpportunityModule],
  controllers: [OpportunityItemController],
  providers: [OpportunityItemService],
  exports: [OpportunityItemService],
})
export class OpportunityItemModule {}
