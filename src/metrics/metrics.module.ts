import { Module } from '@nestjs/common';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';

/** What the service does, in numbers. */
@Module({ controllers: [MetricsController], providers: [Metrics] })
export class MetricsModule {}
