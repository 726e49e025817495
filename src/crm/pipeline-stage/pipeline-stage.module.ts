import { ServiceModule } from '../../common/index.js';
import { OpportunityModule } from '../opportunity/opportunity.module.js';
import { PipelineStageController } from './pipeline-stage.controller.js';
import { PipelineStage } from './pipeline-stage.entity.js';
import { PipelineStageService } from './pipeline-stage.service.js';

@ServiceModule({
  name: 'pipeline-stage',
  entities: [PipelineStage],
  tags: { 'Pipeline Stage': 'The steps of a pipeline, in order.' },
  imports: [OpportunityModule],
  controllers: [PipelineStageController],
  providers: [PipelineStageService],
  exports: [PipelineStageService],
})
export class PipelineStageModule {}
