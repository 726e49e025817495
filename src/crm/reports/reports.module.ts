import { ServiceModule } from '../../common/index.js';
import { OpportunityModule } from '../opportunity/opportunity.module.js';
import { AggregateController } from './aggregate.controller.js';
import { AggregateService } from './aggregate.service.js';

@ServiceModule({
  name: 'reports',
  imports: [OpportunityModule],
  controllers: [AggregateController],
  providers: [AggregateService],
})
export class ReportsModule {}
