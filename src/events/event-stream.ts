import type { Call } from '../common/call/call.js';
import { MAX_LIMIT } from '../common/list/page.query.js';
import { writeCursor } from './cursor.js';
import type { FeedFilter } from './feed-places.js';
import type { FeedService } from './feed.service.js';
import type { FeedWait } from './feed-waits.js';

const HEARTBEAT_MS = 15_000;

/** The start of a stream: the log, and the position behind which it begins. */
export interface StreamStart {
  log: string;
  from: number;
}

/** Server-sent events: a frame for each event, and one now and then that says how far the feed has come. */
export async function* eventFrames(
  feed: FeedService,
  wait: FeedWait,
  call: Call,
  filter: FeedFilter,
  { log, from }: StreamStart,
): AsyncGenerator<string> {
  try {
    yield ': ok\n\n';
    let position = from;
    let heartbeat = performance.now() + HEARTBEAT_MS;
    while (!wait.isOver) {
      const { last } = await feed.caughtUp(call);
      const part = await feed.read(call, position, last, filter, MAX_LIMIT);
      for (const event of part.events)
        yield `id: ${writeCursor({ log, position: event.position })}\ndata: ${event.text}\n\n`;
      position = part.next;
      if (!part.hasMore) await wait.beyond(position, heartbeat - performance.now());
      if (performance.now() < heartbeat) continue;
      yield `: now\nid: ${writeCursor({ log, position })}\n\n`;
      heartbeat = performance.now() + HEARTBEAT_MS;
    }
  } finally {
    wait.stop();
  }
}
