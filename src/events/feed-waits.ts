import { HttpStatus, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Call } from '../common/call/call.js';
import { deadlineOf, type Stoppable } from '../common/call/deadline.js';
import { WORKING } from '../auth/working-keys.js';
import { ApiException } from '../common/errors/api.exception.js';
import { Ticker } from '../common/background.js';
import { Sequencer, type Follower } from './sequencer.js';

const MOST_OF_WORKSPACE = 100;
const CHECK_KEYS_MS = 500;

const WORKING_KEYS = `select id from api_key where id = any($1) and ${WORKING}`;

/** A client that waits for events, over one answer or a stream. */
export class FeedWait implements Stoppable {
  private wake: (() => void) | undefined;
  private over = false;

  constructor(
    readonly workspaceId: string,
    readonly keyId: string,
    private last: number,
    private readonly leave: (wait: FeedWait) => void,
  ) {}

  /** Is there nothing more to wait for? */
  get isOver(): boolean {
    return this.over;
  }

  /** Waits until the feed goes beyond a position, the time is over or the wait is ended. */
  async beyond(position: number, milliseconds: number): Promise<void> {
    if (this.over || this.last > position || milliseconds <= 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
    this.wake = undefined;
  }

  moved(last: number): void {
    if (last <= this.last) return;
    this.last = last;
    this.wake?.();
  }

  stop(): void {
    if (this.over) return;
    this.over = true;
    this.leave(this);
    this.wake?.();
  }
}

/** All who wait for events in this process. None of them holds a connection to the database. */
@Injectable()
export class FeedWaits implements Follower, OnModuleDestroy {
  private readonly byWorkspace = new Map<string, Set<FeedWait>>();
  /** While the database is away, nobody knows which keys work. */
  private readonly keyChecks = new Ticker(CHECK_KEYS_MS, () => this.checkKeys());
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    sequencer: Sequencer,
  ) {
    sequencer.follow(this);
    this.keyChecks.start();
  }

  /**
   * Begins a wait that ends with the request at the latest. Throws 429 if too many of the workspace wait already, and 503 if
   * the client has left: nothing would end its wait.
   */
  begin(call: Call, last: number): FeedWait {
    const { workspaceId, keyId } = call;
    const deadline = deadlineOf(call);
    deadline?.throwIfOver();
    const waits = this.byWorkspace.get(workspaceId) ?? new Set();
    if (waits.size >= MOST_OF_WORKSPACE) throw tooManyWaits();
    const wait = new FeedWait(workspaceId, keyId, last, () => {
      deadline?.remove(wait);
      waits.delete(wait);
      if (waits.size === 0) this.byWorkspace.delete(workspaceId);
    });
    waits.add(wait);
    this.byWorkspace.set(workspaceId, waits);
    deadline?.add(wait);
    if (this.stopped) wait.stop();
    return wait;
  }

  workspaces(): Iterable<string> {
    return this.byWorkspace.keys();
  }

  moved(workspaceId: string, last: number): void {
    for (const wait of this.byWorkspace.get(workspaceId) ?? []) wait.moved(last);
  }

  onModuleDestroy(): void {
    this.stopped = true;
    this.keyChecks.stop();
    for (const wait of this.all()) wait.stop();
  }

  private all(): FeedWait[] {
    return [...this.byWorkspace.values()].flatMap((waits) => [...waits]);
  }

  /** Ends those whose key has been revoked or has expired. */
  private async checkKeys(): Promise<void> {
    const waits = this.all();
    if (waits.length === 0) return;
    const ids = [...new Set(waits.map(({ keyId }) => keyId))];
    const rows = await this.dataSource.query<{ id: string }[]>(WORKING_KEYS, [ids]);
    const working = new Set(rows.map(({ id }) => id));
    for (const wait of waits) if (!working.has(wait.keyId)) wait.stop();
  }
}

function tooManyWaits(): ApiException {
  return new ApiException(HttpStatus.TOO_MANY_REQUESTS, {
    code: 'rate_limit',
    message: `At most ${MOST_OF_WORKSPACE} requests of a workspace can wait for events at the same time. Try again in a second.`,
    headers: { 'Retry-After': '1' },
  });
}
