import type pg from 'pg';
import type { PoolClient } from 'pg';
import type { Deadline, Stoppable } from '../common/call/deadline.js';
import type { Waiter } from './pool-waiter.js';

/** A connection, while it is used: by whom, since when, and until when. */
export type HeldClient = PoolClient &
  Partial<Stoppable> &
  Pick<pg.Client, 'end'> & {
    share?: Share | undefined;
    heldSince?: number;
    deadline?: Deadline | undefined;
    isStopped?: boolean;
    hadTooLargeAnswer?: boolean;
    useWorkers?: (mayUse: boolean) => void;
  };

/** The connections that one workspace has of the pool, and the requests that wait for more, in order. */
export class Share {
  /** Counts connections that are being made, too. */
  inUse = 0;
  /** How much of its work has ended since it last had neither a connection nor a request that waited for one. */
  ended = 0;
  lastUsed = 0;
  /** Number of the last grant, so that equals take turns. */
  lastGrant = 0;
  readonly waiting: Waiter[] = [];
  private readonly held = new Set<HeldClient>();
  /** How long the work took that has ended last. */
  private lastTook = 0;
  private lastTooLarge = -Infinity;

  hold(client: HeldClient): void {
    client.share = this;
    client.heldSince = performance.now();
    this.held.add(client);
  }

  giveBack(client: HeldClient): void {
    client.share = undefined;
    this.held.delete(client);
    this.ended += 1;
    const now = performance.now();
    this.lastTook = now - (client.heldSince ?? Infinity);
    if (client.hadTooLargeAnswer === true) this.lastTooLarge = now;
    client.hadTooLargeAnswer = false;
  }

  /** Has one of its answers been too large within the last milliseconds? */
  hadTooLargeAnswer(milliseconds: number): boolean {
    return performance.now() - this.lastTooLarge < milliseconds;
  }

  /** How many connections it has held for longer than this, or probably will, as what ended last took so long. */
  slow(milliseconds: number): number {
    return this.lastTook > milliseconds ? this.inUse : this.heldFor(milliseconds);
  }

  /** Is more of its work under way than has ended, not counting work that has taken longer than this? */
  isBeginning(milliseconds: number): boolean {
    return this.inUse - this.heldFor(milliseconds) > this.ended;
  }

  private heldFor(milliseconds: number): number {
    const since = performance.now() - milliseconds;
    let count = 0;
    for (const { heldSince = Infinity } of this.held) if (heldSince < since) count += 1;
    return count;
  }

  isBefore(other: Share): boolean {
    return this.inUse === other.inUse ? this.lastGrant < other.lastGrant : this.inUse < other.inUse;
  }
}
