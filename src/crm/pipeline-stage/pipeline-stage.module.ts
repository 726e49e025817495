import { ServiceModule } from '../../common/index.js';
import { PipelineStage } from './pipeline-stage.entity.js';

@ServiceModule({ name: 'pipeline-stage', entities: [PipelineStage] })
export class PipelineStageModule {}
