import { HttpStatus, Injectable } from '@nestjs/common';
import type { Call } from '../common/call/call.js';
import { ApiException, invalidParameter, resourceMissing } from '../common/errors/api.exception.js';
import { EVENT_COLUMNS, EVENT_OF_PLACE, eventText } from '../history/event-view.js';
import { BEGINNING, NO_CURSOR, readCursor, writeCursor } from './cursor.js';
import { derivationOf } from './event-types.js';
import { readPlaces, type FeedFilter, type PlacedEvent } from './feed-places.js';
import { FeedWaits, type FeedWait } from './feed-waits.js';
import type { FeedState } from './numbering.js';
import { Sequencer } from './sequencer.js';

export interface FeedRequest extends FeedFilter {
  after: string | undefined;
  limit: number;
  waitMs: number;
}

/** Some events, and the position behind them. */
export interface FeedPart {
  events: { text: string; position: number }[];
  next: number;
  hasMore: boolean;
}

const ONE = `select f.id as entry, ${EVENT_COLUMNS} from feed_entry f ${EVENT_OF_PLACE} where f.workspace_id = $1 and f.id = $2`;

/** Reads the events of a workspace in the order of their commits. */
@Injectable()
export class FeedService {
  constructor(
    private readonly sequencer: Sequencer,
    private readonly waits: FeedWaits,
  ) {}

  /** A page as text: events go out as the bytes that they always are. */
  async page(call: Call, request: FeedRequest): Promise<string> {
    const state = await this.sequencer.caughtUp(call.workspaceId);
    const from = positionOf(state, request.after);
    const first = await this.read(call, from, state.last, request, request.limit);
    const isFinal = first.events.length > 0 || first.hasMore || request.waitMs === 0;
    const part = isFinal ? first : await this.wait(call, request, first);
    return pageText(part, state.log);
  }

  /** The text of one event. Throws 404 unless it is in the feed. */
  async event(call: Call, id: string): Promise<string> {
    await this.sequencer.caughtUp(call.workspaceId);
    const [row] = await call.manager.query<PlacedEvent[]>(ONE, [call.workspaceId, id]);
    if (row === undefined) throw resourceMissing('event', id);
    return eventText(row, derivationOf(row.entry));
  }

  /** Where a stream begins. */
  async start(call: Call, after: string | undefined): Promise<FeedState & { from: number }> {
    const state = await this.sequencer.caughtUp(call.workspaceId);
    return { ...state, from: positionOf(state, after) };
  }

  caughtUp(call: Call): Promise<FeedState> {
    return this.sequencer.caughtUp(call.workspaceId);
  }

  /** The events behind a position, in the places up to `last`. */
  async read(call: Call, from: number, last: number, filter: FeedFilter, limit: number): Promise<FeedPart> {
    const { events, next, hasMore } = await readPlaces(call.manager, call.workspaceId, { from, last, filter, limit });
    const texts = events.map((row) => ({ text: eventText(row, derivationOf(row.entry)), position: row.position }));
    return { events: texts, next, hasMore };
  }

  private async wait(call: Call, request: FeedRequest, seen: FeedPart): Promise<FeedPart> {
    const until = performance.now() + request.waitMs;
    const wait = this.waits.begin(call, seen.next);
    try {
      let part = seen;
      while (part.events.length === 0 && !wait.isOver && performance.now() < until)
        part = await this.next(call, request, part, wait, until);
      return part;
    } finally {
      wait.stop();
    }
  }

  private async next(
    call: Call,
    request: FeedRequest,
    part: FeedPart,
    wait: FeedWait,
    until: number,
  ): Promise<FeedPart> {
    await wait.beyond(part.next, until - performance.now());
    if (wait.isOver) return part;
    const { last } = await this.sequencer.caughtUp(call.workspaceId);
    return this.read(call, part.next, last, request, request.limit);
  }
}

function pageText({ events, next, hasMore }: FeedPart, log: string): string {
  const data = events.map(({ text }) => text).join(',');
  return `{"data":[${data}],"next":"${writeCursor({ log, position: next })}","has_more":${hasMore}}`;
}

/** Throws 400 for what is no cursor, and 410 for one that leads nowhere any more. */
function positionOf(state: FeedState, after: string | undefined): number {
  if (after === undefined) return state.last;
  if (after === BEGINNING) return state.removed;
  const position = readCursor(after, state.log);
  // The query of the feed is checked before: such a text is in the header of a stream.
  if (position === undefined) throw invalidParameter('Last-Event-ID', `Last-Event-ID ${NO_CURSOR}`);
  const oldest = writeCursor({ log: state.log, position: state.removed });
  // A position that this log never had comes from a database that was set back in place.
  if (position === 'another log' || position > state.last) throw gone('log_changed', CHANGED, oldest);
  if (position < state.removed) throw gone('cursor_expired', EXPIRED, oldest);
  return position;
}

const CHANGED = 'The cursor is of another log: of another workspace, or from before the database was restored.';
const EXPIRED = 'The events behind the cursor were removed, as they are older than EVENT_RETENTION_DAYS.';

function gone(code: 'log_changed' | 'cursor_expired', problem: string, oldest: string): ApiException {
  const message = `${problem} Read your objects anew, and go on from "oldest".`;
  return new ApiException(HttpStatus.GONE, { code, message, param: 'after', oldest });
}
