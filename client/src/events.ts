import type { Item, Query } from './operations.js';
import { Calls } from './resource.js';

type Event = Item<'listEvents'>;

const LONGEST_WAIT_S = 25;

export interface FollowOptions extends Pick<Query<'listEvents'>, 'types' | 'opportunity_id'> {
  /** The cursor to go on from; `beginning` for all events that are kept. Without it, events from now on. */
  after?: string | undefined;
  /** Ends the iteration, which then throws its reason. */
  signal?: AbortSignal | undefined;
}

export class Events extends Calls {
  readonly list = this.read<'listEvents'>('');
  readonly retrieve = this.action<'retrieveEvent'>('GET', '/{id}');

  /** Every event in order, and those to come as soon as they are there. It goes on after restarts of the service. */
  follow(options: FollowOptions = {}): FollowedEvents {
    return new FollowedEvents(this, options);
  }
}

export class FollowedEvents implements AsyncIterable<Event> {
  /**
   * Where to go on: after the page whose events were all taken. Keep it, and give it as `after` the next time; a program
   * that ends in the middle of a page is given the events of that page again.
   */
  cursor: string | undefined;

  constructor(
    private readonly events: Events,
    private readonly options: FollowOptions,
  ) {
    this.cursor = options.after;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    const { signal, after: _after, ...filters } = this.options;
    const persistent = { maxRetries: Number.POSITIVE_INFINITY, timeout: (LONGEST_WAIT_S + 30) * 1000, signal };
    // Without a cursor a lost response would lose the place; so the first call gets one at once.
    this.cursor ??= (await this.events.list({}, persistent)).next;
    for (;;) {
      const query = { ...filters, after: this.cursor, limit: 100, wait: LONGEST_WAIT_S };
      const { data, next } = await this.events.list(query, persistent);
      yield* data;
      this.cursor = next;
    }
  }
}
