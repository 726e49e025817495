import { ServiceModule } from '../../common/index.js';
import { OpportunityModule } from '../opportunity/opportunity.module.js';
import { ExportController } from './export.controller.js';
import { ExportService } from './export.service.js';

@ServiceModule({
  name: 'export',
  imports: [OpportunityModule],
  controllers: [ExportController],
  providers: [ExportService],
})
export class ExportModule {}
