import { ServiceModule } from '../../common/index.js';
import { PipelineStageModule } from '../pipeline-stage/pipeline-stage.module.js';
import { PipelineController } from './pipeline.controller.js';
import { Pipeline } from './pipeline.entity.js';
import { PipelineService } from './pipeline.service.js';

@ServiceModule({
  name: 'pipeline',
  entities: [Pipeline],
  tags: { Pipeline: 'The sequences of stages that deals go through.' },
  imports: [PipelineStageModule],
  controllers: [PipelineController],
  providers: [PipelineService],
})
export class PipelineModule {}
