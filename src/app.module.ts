import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthModule } from './auth/auth.module.js';
import { UnexpectedQueryGuard } from './common/body/unexpected-query.guard.js';
import { ConfigModule } from './config/config.module.js';
import type { Config } from './config/config.js';
import { CrmModule } from './crm/crm.module.js';
import { DatabaseModule } from './database/database.module.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { HealthModule } from './health/health.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { ReplicasModule } from './replicas/replicas.module.js';
import { RetentionModule } from './retention/retention.module.js';

/** Everything the service is made of. A module of your own goes beside CrmModule. */
@Module({})
export class AppModule {
  static forRoot(config: Config, databaseUrl: string): DynamicModule {
    return {
      module: AppModule,
      providers: [{ provide: APP_GUARD, useClass: UnexpectedQueryGuard }],
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot(databaseUrl),
        AuthModule,
        IdempotencyModule,
        ReplicasModule.forRoot(config),
        CrmModule,
        HealthModule.forRoot(databaseUrl),
        MetricsModule,
        RetentionModule,
      ],
    };
  }
}
