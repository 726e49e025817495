import { HttpStatus } from '@nestjs/common';
import pg, { type PoolClient, type PoolConfig } from 'pg';
import type { RequestBudget, Stoppable } from '../common/call/deadline.js';
import { ApiException } from '../common/errors/api.exception.js';
import { Share, type HeldClient } from './pool-share.js';
import { isLate, Waiter } from './pool-waiter.js';

type Connected = (error: Error | undefined, client: PoolClient | undefined, release: (error?: unknown) => void) => void;

export interface FairPoolConfig extends PoolConfig {
  /** Most requests that may wait for a connection. */
  mostWaiting?: number;
  /** Most connections of one workspace while others are active; undefined for half of the pool. */
  workspaceConnections?: number;
  /** A workspace counts as active for so long after its last statement. */
  activeMs?: number;
  /** A connection held for longer than this works on something slow. */
  slowMs?: number;
}

const ACTIVE_MS = 10_000;
const SLOW_MS = 50;

/** For so long after an answer that was too large, a workspace that is not alone gets one connection at a time. */
const AFTER_TOO_LARGE_MS = 1000;

/** There is no connection, and too many wait for one already. */
export class PoolFullError extends Error {
  /** PostgreSQL's own word for it: too many connections. */
  readonly code = '53300';

  constructor(waiting: number) {
    super(`${waiting} requests already wait for a connection`);
  }
}

/**
 * The driver's pool, shared fairly between workspaces. Alone, a workspace may use all of it. While others are active it may
 * use half, and leaves the last free connection to one that has none. It begins with one connection, and gets one more whenever
 * its work ends or takes long, so that the pool learns about the work first. It gets no further connection while half of those
 * work on something slow, or shortly after one of its answers was too large. PostgreSQL uses no parallel workers for it then:
 * the processors of the database have no such queue of their own. The workspace that uses the fewest is served first. So a
 * workspace with many slow requests waits for itself, and its neighbours hardly notice. The number of waiting requests is
 * bounded, and so is their wait.
 */
export class FairPool extends pg.Pool {
  private readonly most: number;
  private readonly mostWaiting: number;
  private readonly mostOfWorkspace: number;
  private readonly patienceMs: number;
  private readonly mostSlow: number;
  private readonly activeMs: number;
  private readonly slowMs: number;
  private readonly shares = new Map<string, Share>();
  /** What the service asks for itself, such as whose a key is. */
  private readonly own = new Share();
  private readonly queued = new Set<Share>();
  private inUse = 0;
  private waiters = 0;
  private grants = 0;
  private nextSweep = 0;
  private nextLook: NodeJS.Timeout | undefined;

  constructor(config: FairPoolConfig) {
    super(config);
    this.most = this.options.max;
    this.mostWaiting = config.mostWaiting ?? Infinity;
    this.mostOfWorkspace = config.workspaceConnections ?? Math.ceil(this.most / 2);
    this.patienceMs = config.connectionTimeoutMillis ?? 0;
    this.mostSlow = Math.max(1, Math.floor(this.mostOfWorkspace / 2));
    this.activeMs = config.activeMs ?? ACTIVE_MS;
    this.slowMs = config.slowMs ?? SLOW_MS;
    this.on('release', (_error: unknown, client: HeldClient) => {
      this.giveBack(client);
    });
  }

  /** Requests that wait for a connection. */
  get waitingRequests(): number {
    return this.waiters;
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<PoolClient> | void {
    const connected = this.acquire();
    if (callback === undefined) return connected;
    connected.then(
      (client) => {
        callback(undefined, client, client.release.bind(client) as (error?: unknown) => void);
      },
      (error: unknown) => {
        callback(error as Error, undefined, () => undefined);
      },
    );
  }

  /** A connection for the work of a request, within its budget; without one, for the service itself. */
  async acquire(budget?: RequestBudget): Promise<PoolClient> {
    budget?.deadline.throwIfOver();
    const share = budget === undefined ? this.own : this.shareOf(budget.workspaceId);
    if (share.inUse === 0 && share.waiting.length === 0) share.ended = 0;
    return share.waiting.length === 0 && this.admits(share) ? this.grant(share, budget) : this.wait(share, budget);
  }

  private shareOf(workspaceId: string): Share {
    const now = performance.now();
    if (now > this.nextSweep) this.forgetInactive(now);
    let share = this.shares.get(workspaceId);
    if (share === undefined) this.shares.set(workspaceId, (share = new Share()));
    share.lastUsed = now;
    return share;
  }

  private forgetInactive(now: number): void {
    this.nextSweep = now + this.activeMs / 2;
    for (const [workspaceId, { inUse, lastUsed, waiting }] of this.shares)
      if (inUse === 0 && waiting.length === 0 && now - lastUsed > this.activeMs) this.shares.delete(workspaceId);
  }

  /** Those who wait may get more once their work is slow or their neighbours are inactive, of which nothing else would tell. */
  private lookAgainLater(): void {
    this.nextLook ??= setTimeout(() => {
      this.nextLook = undefined;
      if (performance.now() > this.nextSweep) this.forgetInactive(performance.now());
      this.serve();
      if (this.queued.size > 0) this.lookAgainLater();
    }, this.slowMs).unref();
  }

  private admits(share: Share): boolean {
    if (this.inUse >= this.most) return false;
    return share.inUse === 0 || this.isAlone(share) || !this.isAtItsLimit(share);
  }

  private isAlone(share: Share): boolean {
    return this.shares.size <= (share === this.own ? 0 : 1);
  }

  private isAtItsLimit(share: Share): boolean {
    if (share.inUse >= this.mostOfWorkspace || this.inUse >= this.most - 1) return true;
    if (share.hadTooLargeAnswer(AFTER_TOO_LARGE_MS)) return true;
    // Everybody waits for what the service asks for itself, such as whose a key is.
    if (share === this.own) return false;
    return share.isBeginning(this.slowMs) || share.slow(this.slowMs) >= this.mostSlow;
  }

  private async grant(share: Share, budget: RequestBudget | undefined): Promise<PoolClient> {
    this.inUse += 1;
    share.inUse += 1;
    share.lastGrant = this.grants += 1;
    try {
      const client = await this.connected();
      share.hold(client);
      if (share !== this.own) client.useWorkers?.(this.isAlone(share));
      client.deadline = budget?.deadline;
      client.deadline?.add(client as Stoppable);
      return client;
    } catch (error) {
      this.free(share);
      throw error;
    }
  }

  /** A process that was paused finds the time for a new connection over before it has read the server's answer. */
  private async connected(): Promise<HeldClient> {
    const due = performance.now() + this.patienceMs;
    try {
      return await super.connect();
    } catch (error) {
      if (this.patienceMs === 0 || !isLate(due)) throw error;
      return super.connect();
    }
  }

  private giveBack(client: HeldClient): void {
    const { share, deadline } = client;
    deadline?.remove(client as Stoppable);
    client.deadline = undefined;
    // The driver's pool keeps none that is ending.
    if (client.isStopped === true) void client.end();
    if (share === undefined) return;
    share.giveBack(client);
    this.free(share);
  }

  private free(share: Share): void {
    this.inUse -= 1;
    share.inUse -= 1;
    // The driver's pool takes the connection back after it has told of it.
    if (this.queued.size > 0)
      process.nextTick(() => {
        this.serve();
      });
  }

  private serve(): void {
    for (let share = this.nextShare(); share !== undefined; share = this.nextShare()) {
      const waiter = share.waiting.shift();
      if (share.waiting.length === 0) this.queued.delete(share);
      this.waiters -= 1;
      waiter?.serve(this.grant(share, waiter.budget));
    }
  }

  /** Of those who wait and may have a connection the one that has the fewest, then the one served longest ago. */
  private nextShare(): Share | undefined {
    let next: Share | undefined;
    for (const share of this.queued)
      if (this.admits(share) && (next === undefined || share.isBefore(next))) next = share;
    return next;
  }

  private wait(share: Share, budget: RequestBudget | undefined): Promise<PoolClient> {
    if (this.waiters >= this.mostWaiting) return Promise.reject(new PoolFullError(this.waiters));
    if (!this.isAlone(share) && share.waiting.length >= this.mostWaiting / 2) return Promise.reject(workspaceBusy());
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(budget, resolve, (error) => {
        this.leave(share, waiter);
        reject(error);
      });
      if (this.patienceMs > 0) waiter.giveUpAfter(this.patienceMs, () => this.waitedTooLong(share));
      share.waiting.push(waiter);
      this.queued.add(share);
      this.waiters += 1;
      this.lookAgainLater();
    });
  }

  private leave(share: Share, waiter: Waiter): void {
    share.waiting.splice(share.waiting.indexOf(waiter), 1);
    if (share.waiting.length === 0) this.queued.delete(share);
    this.waiters -= 1;
  }

  private waitedTooLong(share: Share): Error {
    const waitedForItself = share !== this.own && !this.isAlone(share) && share.inUse > 0;
    return waitedForItself ? workspaceBusy() : new Error('timeout exceeded when trying to connect');
  }
}

function workspaceBusy(): ApiException {
  return new ApiException(HttpStatus.TOO_MANY_REQUESTS, {
    code: 'workspace_busy',
    message: 'This workspace has too many requests at the same time. Nothing was written; try again in a second.',
    headers: { 'Retry-After': '1' },
  });
}
