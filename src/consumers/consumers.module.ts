import { DiscoveryModule } from '@nestjs/core';
import { ServiceModule } from '../common/index.js';
import { EventsModule } from '../events/events.module.js';
import { Consumers1796500000000 } from './1796500000000-consumers.js';
import { ConsumerPosition } from './consumer-position.entity.js';
import { Consumers } from './consumers.js';

/** Calls methods of modules for events, after their commit. */
@ServiceModule({
  name: 'consumers',
  entities: [ConsumerPosition],
  migrations: [Consumers1796500000000],
  imports: [DiscoveryModule, EventsModule],
  providers: [Consumers],
})
export class ConsumersModule {}
