import { ServiceModule } from '../common/module/service-module.js';
import { FeedController } from './feed.controller.js';
import { EventFeed, FeedEntry } from './feed.entity.js';
import { FeedService } from './feed.service.js';
import { FeedWaits } from './feed-waits.js';
import { Sequencer } from './sequencer.js';

/** The events of a workspace in the order of their commits. */
@ServiceModule({
  name: 'events',
  entities: [EventFeed, FeedEntry],
  tags: { Event: 'The feed of all changes, in the order of their commits.' },
  controllers: [FeedController],
  providers: [Sequencer, FeedWaits, FeedService],
  exports: [Sequencer],
})
export class EventsModule {}
