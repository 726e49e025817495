import { ServiceModule } from '../../common/index.js';
import { OpportunityModule } from '../opportunity/opportunity.module.js';
import { AggregateController } from './aggregate.controller.js';
import { AggregateService } from './aggregate.service.js';
import { ReportsController } from './reports.controller.js';
import { ReportsService } from './reports.service.js';

@ServiceModule({
  name: 'reports',
  imports: [OpportunityModule],
  tags: { Report: 'Figures of all deals, with fixed definitions.' },
  controllers: [AggregateController, ReportsController],
  providers: [AggregateService, ReportsService],
})
export class ReportsModule {}
