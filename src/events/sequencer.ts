import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { DataSource } from 'typeorm';
import { onRequestEnd } from '../common/request-end.js';
import { isConflict } from '../common/errors/sqlstate.js';
import { Pace, Ticker } from '../common/background.js';
import { BEHIND, feedState, numberEvents, type AfterNumbering, type FeedState } from './numbering.js';
import { renewCopiedLogs } from './renew-logs.js';

/** How often events of other processes are looked for, where somebody waits for them. */
const TICK_MS = 500;
/** How often events of this process are numbered at most: together they cost much less than one by one. */
const WAKE_MS = 20;
/** How often all workspaces are looked at, as events without a reader may wait. */
const SWEEP_MS = 30_000;

export const POSITIONS =
  'select workspace_id as id, last_position as last from event_feed where workspace_id = any($1)';

/** Somebody for whom events of a workspace are numbered soon. */
export interface Follower {
  /** Where events of other processes are looked for often. */
  workspaces: () => Iterable<string>;
  /** Is it told soon after a write of this process, also in every other workspace? */
  isToldOfAll?: () => boolean;
  /** The feed of a workspace has come as far as this. */
  moved: (workspaceId: string, last: number) => void;
}

interface Run {
  current: Promise<FeedState>;
  next: Promise<FeedState> | undefined;
}

/** Numbers events after their commit: when somebody asks, soon after a write of this process, and otherwise by a timer. */
@Injectable()
export class Sequencer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Sequencer.name);
  private readonly runs = new Map<string, Run>();
  private readonly followers: Follower[] = [];
  private readonly works: AfterNumbering[] = [];
  private readonly wakes = new Pace(WAKE_MS, async (workspaceId) => {
    if (!this.stopped) await this.number(workspaceId).then(() => undefined, this.warn);
  });
  private readonly tickers: Ticker[];
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly host: HttpAdapterHost,
  ) {
    this.tickers = [
      new Ticker(TICK_MS, () => this.tick(), this.warn),
      new Ticker(SWEEP_MS, () => this.sweep(), this.warn),
    ];
  }

  async onApplicationBootstrap(): Promise<void> {
    await renewCopiedLogs(this.dataSource, this.works);
    onRequestEnd(this.host.httpAdapter.getInstance<FastifyInstance>(), ({ request, status }) => {
      if (status < 400 && request.method !== 'GET' && request.user !== undefined) this.wake(request.user.workspaceId);
    });
    for (const ticker of this.tickers) ticker.start();
  }

  onModuleDestroy(): void {
    this.stopped = true;
    for (const ticker of this.tickers) ticker.stop();
  }

  follow(follower: Follower): void {
    this.followers.push(follower);
  }

  /** Has this done for all events that are numbered from now on. */
  afterNumbering(work: AfterNumbering): void {
    this.works.push(work);
  }

  /**
   * The state of a feed that has everything which was committed before the call. It takes a connection of its own, so it must
   * not be called in a transaction.
   */
  async caughtUp(workspaceId: string): Promise<FeedState> {
    const { hasFresh, ...state } = await feedState(this.dataSource.manager, workspaceId);
    return hasFresh ? this.number(workspaceId) : state;
  }

  /** One run at a time for each workspace; who comes during one waits for the next, which sees what it is waiting for. */
  private number(workspaceId: string): Promise<FeedState> {
    const run = this.runs.get(workspaceId);
    if (run === undefined) return this.start(workspaceId);
    run.next ??= run.current.then(
      () => this.start(workspaceId),
      () => this.start(workspaceId),
    );
    return run.next;
  }

  private start(workspaceId: string): Promise<FeedState> {
    const current = this.attempt(workspaceId);
    const run: Run = { current, next: undefined };
    this.runs.set(workspaceId, run);
    const end = (): void => {
      if (run.next === undefined) this.runs.delete(workspaceId);
    };
    current.then(end, end);
    return current;
  }

  private async attempt(workspaceId: string): Promise<FeedState> {
    const state = await this.transaction(workspaceId).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
      return this.transaction(workspaceId);
    });
    for (const follower of this.followers) follower.moved(workspaceId, state.last);
    return state;
  }

  private transaction(workspaceId: string): Promise<FeedState> {
    return this.dataSource.transaction((manager) => numberEvents(manager, workspaceId, this.works));
  }

  /** There may be fresh events: numbers them soon, where somebody waits for them. */
  wake(workspaceId: string): void {
    if (!this.stopped && this.isFollowed(workspaceId)) this.wakes.ask(workspaceId);
  }

  private isFollowed(workspaceId: string): boolean {
    return this.followers.some(
      (follower) => follower.isToldOfAll?.() === true || includes(follower.workspaces(), workspaceId),
    );
  }

  private followed(): Set<string> {
    return new Set(this.followers.flatMap((follower) => [...follower.workspaces()]));
  }

  private async tick(): Promise<void> {
    const ids = [...this.followed()];
    if (ids.length === 0) return;
    await this.numberAll(ids);
    const positions = await this.dataSource.query<{ id: string; last: number }[]>(POSITIONS, [ids]);
    for (const { id, last } of positions) for (const follower of this.followers) follower.moved(id, last);
  }

  private async sweep(): Promise<void> {
    const workspaces = await this.dataSource.query<{ id: string }[]>('select id from workspace');
    await this.numberAll(workspaces.map(({ id }) => id));
  }

  private async numberAll(ids: readonly string[]): Promise<void> {
    const begun = await this.dataSource.query<{ id: string; isBehind: boolean }[]>(BEHIND, [ids]);
    const upToDate = new Set(begun.flatMap(({ id, isBehind }) => (isBehind ? [] : id)));
    for (const id of ids) if (!upToDate.has(id) && !this.stopped) await this.number(id);
  }

  private readonly warn = (error: unknown): void => {
    if (!this.stopped)
      this.logger.warn({ msg: 'events were not numbered; the next try is soon', error: String(error) });
  };
}

function includes(ids: Iterable<string>, wanted: string): boolean {
  for (const id of ids) if (id === wanted) return true;
  return false;
}
