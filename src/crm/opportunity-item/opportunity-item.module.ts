import { Module } from '@nestjs/common';
import { OpportunityItemController } from './opportunity-item.controller.js';
import { OpportunityItemService } from './opportunity-item.service.js';

@Module({
  controllers: [OpportunityItemController],
  providers: [OpportunityItemService],
  exports: [OpportunityItemService],
})
export class OpportunityItemModule {}
