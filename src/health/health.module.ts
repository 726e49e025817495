import type { DynamicModule } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { ServiceModule } from '../common/module/service-module.js';
import { DATABASE_URL, DatabaseHealth } from './database.health.js';
import { HealthController } from './health.controller.js';
import { Shutdown } from './shutdown.js';

/** What orchestrators ask. terminus is told not to log: a request that failed has its line already. */
@ServiceModule({
  name: 'health',
  tags: { Monitoring: 'Health and metrics of the service. No API key is needed.' },
})
export class HealthModule {
  static forRoot(databaseUrl: string): DynamicModule {
    return {
      module: HealthModule,
      imports: [TerminusModule.forRoot({ logger: false })],
      controllers: [HealthController],
      providers: [{ provide: DATABASE_URL, useValue: databaseUrl }, DatabaseHealth, Shutdown],
      exports: [Shutdown],
    };
  }
}
