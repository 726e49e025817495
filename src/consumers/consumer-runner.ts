import { Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { count } from '../common/counts.js';
import type { Call } from '../common/index.js';
import { newId } from '../common/ids/id.js';
import { outcomeWithin } from '../common/background.js';
import { derivationOf } from '../events/event-types.js';
import { readPlaces, type PlacedEvent } from '../events/feed-places.js';
import { eventView } from '../history/event-view.js';
import type { Consumer } from './find-consumers.js';
import { pauseAfter } from './pause.js';
import { claim, LeasedPosition, type Claim, type Work } from './positions.js';

/** How many workspaces a consumer works for at the same time, in one process. */
const MOST_AT_A_TIME = 4;
const MOST_EVENTS = 50;
/** Shorter than the lease, so that a call has ended before another process takes over. */
export const CALL_MS = 30_000;

/** Calls one consumer: one event after the other in a workspace, and a few workspaces at the same time. */
export class ConsumerRunner {
  private readonly logger = new Logger('Consumers');
  private readonly wanted = new Set<string>();
  private readonly underWay = new Map<string, Promise<void>>();
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly consumer: Consumer,
  ) {}

  /** There may be something to do in this workspace. */
  look(workspaceId: string): void {
    this.wanted.add(workspaceId);
    this.startNext();
  }

  stop(): void {
    this.stopped = true;
  }

  /** Resolves when all calls have ended. */
  async ended(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay.values());
  }

  private isStopped(): boolean {
    return this.stopped;
  }

  private startNext(): void {
    for (const id of this.wanted) {
      if (this.stopped || this.underWay.size >= MOST_AT_A_TIME) return;
      if (this.underWay.has(id)) continue;
      this.wanted.delete(id);
      const run = this.run({ workspace_id: id, consumer: this.consumer.name }).finally(() => {
        this.underWay.delete(id);
        this.startNext();
      });
      this.underWay.set(id, run);
    }
  }

  /** Does not throw: a lease that is left behind runs out, and somebody goes on. */
  private async run(work: Work): Promise<void> {
    const lease = newId('lease');
    const { manager } = this.dataSource;
    try {
      const claimed = await claim(manager, work, lease);
      if (claimed !== undefined) await this.consume(work, claimed, new LeasedPosition(manager, work, lease));
    } catch (error) {
      this.warn('a consumer could not go on; the next try is soon', work, { error: String(error) });
    }
  }

  private async consume(work: Work, claimed: Claim, leased: LeasedPosition): Promise<void> {
    const { last, removed } = claimed;
    if (claimed.position < removed && claimed.position > 0)
      this.warn('events were removed before a consumer came to them', work, { from: claimed.position, to: removed });
    const filter = { types: this.consumer.types, opportunityId: undefined };
    let { position, failures } = claimed;
    for (let hasMore = true; hasMore && !this.isStopped();) {
      const wanted = { from: position, last, filter, limit: MOST_EVENTS };
      const part = await readPlaces(this.dataSource.manager, work.workspace_id, wanted);
      for (const event of part.events) {
        if (this.isStopped()) return leased.leave(position);
        const problem = await this.problemOf(work, event);
        if (problem !== undefined)
          return this.pause(work, event, { leased, position, failures: failures + 1, problem });
        ({ position } = event);
        failures = 0;
        if (!(await leased.advance(position))) return;
      }
      ({ next: position, hasMore } = part);
    }
    await leased.leave(position);
  }

  /** Calls the consumer; answers why that failed. */
  private async problemOf(work: Work, event: PlacedEvent): Promise<string | undefined> {
    const { workspace_id: workspaceId } = work;
    const { key_id, request_id } = event;
    const call: Call = {
      workspaceId,
      keyId: key_id ?? '',
      requestId: request_id ?? '',
      manager: this.dataSource.manager,
    };
    try {
      await outcomeWithin(CALL_MS, () => this.consumer.run(call, eventView(event, derivationOf(event.entry))));
      count('consumer_calls_succeeded');
      return undefined;
    } catch (error) {
      count('consumer_calls_failed');
      return String(error);
    }
  }

  private async pause(
    work: Work,
    event: PlacedEvent,
    {
      leased,
      position,
      failures,
      problem,
    }: { leased: LeasedPosition; position: number; failures: number; problem: string },
  ): Promise<void> {
    const delayMs = pauseAfter(failures);
    this.warn('a consumer failed, and pauses', work, { event_id: event.entry, failures, error: problem });
    await leased.pause(position, failures, delayMs);
  }

  private warn(msg: string, { consumer, workspace_id }: Work, more: object): void {
    this.logger.warn({ msg, consumer, workspace_id, ...more });
  }
}
