import { ServiceModule } from '../../common/index.js';
import { Pipeline } from './pipeline.entity.js';

@ServiceModule({ name: 'pipeline', entities: [Pipeline] })
export class PipelineModule {}
