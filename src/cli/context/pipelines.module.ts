import { Global, Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ChangeHooks } from '../../common/events/change-hooks.js';
import type { Config } from '../../config/config.js';
import { ConfigModule } from '../../config/config.module.js';
import { PipelineModule } from '../../crm/pipeline/pipeline.module.js';
import { dataSourceOptions } from '../../database/data-source.js';

@Global()
@Module({})
class Pipelines {}

/** What makes pipelines, without anything that runs by itself. */
export function pipelinesOn(config: Config, url: string): DynamicModule {
  return {
    module: Pipelines,
    providers: [ChangeHooks],
    imports: [
      DiscoveryModule,
      ConfigModule.forRoot(config),
      TypeOrmModule.forRoot({ ...dataSourceOptions(config, url), retryAttempts: 0 }),
      PipelineModule,
    ],
  };
}
