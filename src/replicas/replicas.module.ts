import { Module, type DynamicModule } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import type { Config } from '../config/config.js';
import { Replicas } from './replicas.js';
import { StaleReadInterceptor } from './stale-read.interceptor.js';

/** Reads from replicas. Without any configured there is nothing of it, so that no request pays for it. */
@Module({})
export class ReplicasModule {
  static forRoot(config: Config): DynamicModule {
    const providers = [Replicas, { provide: APP_INTERCEPTOR, useClass: StaleReadInterceptor }];
    return { module: ReplicasModule, providers: config.DATABASE_REPLICA_URLS === undefined ? [] : providers };
  }
}
