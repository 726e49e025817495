import { ApiSchema } from '@nestjs/swagger';
import { Entity, Index, OneToMany, Unique, type Relation } from 'typeorm';
import { FlagField, Resource, TextField } from '../../common/index.js';
import { PipelineStage } from '../pipeline-stage/pipeline-stage.entity.js';

/** The way of deals through stages. Attributes stand in the order in which the API shows them. */
@Entity('pipeline')
@Index('pipeline_newest', ['workspace_id', 'created_at', 'id'])
@Unique('pipeline_name', ['workspace_id', 'name'])
@Index('pipeline_default', ['workspace_id'], { unique: true, where: 'is_default' })
@ApiSchema({ name: 'Pipeline', description: 'The stages that deals go through, in order.' })
export class Pipeline extends Resource('pipeline', 'When the object, or one of its stages, was last changed.') {
  @TextField({
    required: true,
    description: 'Name of the pipeline; unique in the workspace, regardless of letter case.',
    example: 'New business',
  })
  name: string;

  @FlagField({
    default: false,
    description:
      'Whether new deals enter this pipeline unless they name another. The first pipeline of a workspace is the default even with `false`. `true` makes this pipeline the default instead of the present one.',
    example: true,
  })
  is_default: boolean;

  @FlagField({ default: false, description: 'No deal can enter an archived pipeline.', example: false })
  archived: boolean;

  // Stages change only through their own service.
  @OneToMany(() => PipelineStage, (stage) => stage.pipeline)
  stages?: Relation<PipelineStage[]>;
}
