import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ChangeHooks } from './common/events/change-hooks.js';
import { ConfigModule } from './config/config.module.js';
import type { Config } from './config/config.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthModule } from './health/health.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ReplicasModule } from './replicas/replicas.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { MODULES } from './schema.js';

/** Everything the service is made of. */
@Module({})
export class AppModule {
  static forRoot(config: Config, databaseUrl: string): DynamicModule {
    return {
      module: AppModule,
      providers: [ChangeHooks],
      imports: [
        DiscoveryModule,
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot(databaseUrl),
        ...MODULES,
        ReplicasModule.forRoot(config),
        HealthModule.forRoot(databaseUrl),
        MetricsModule,
        RetentionModule,
      ],
    };
  }
}
