import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { DataSource } from 'typeorm';
import { count } from '../common/counts.js';
import type { Call } from '../common/index.js';
import { newId } from '../common/ids/id.js';
import { endWithin, Pace, Ticker } from '../common/background.js';
import { CONFIG, type Config } from '../config/config.js';
import { eventText } from '../history/event-view.js';
import { derivationOf } from '../events/event-types.js';
import { Sequencer, type Follower } from '../events/sequencer.js';
import { claim, record, type Claim, type Recorded } from './claims.js';
import { disableEndpoint, recordFailure, recordSuccess } from './disabling.js';
import { DeliveryQueue } from './queue.js';
import { delayAfter } from './schedule.js';
import { signatureHeaders, signingSecrets } from './secrets.js';
import { Sender, type Outcome } from './sender.js';
import { Subjects } from './subjects.js';

/** How often deliveries are looked for that nobody has told of: retries, and those of processes that died. */
const TICK_MS = 500;
/** How long a look waits for the one before, so that it finds the places of several deliveries free. */
const LOOK_MS = 5;
/** How many times as long as a look has taken the next one waits: a look costs as much for one delivery as for five. */
const LOOK_REST = 3;
/** How often endpoints are looked for that another process made. */
const DISCOVER_MS = 5000;
const KEPT_ATTEMPTS = 20;

/** Workspaces that may owe a delivery. */
export const ACTIVE = 'select distinct workspace_id as id from webhook_endpoint where not disabled';

/** Sends what is due, in every process: a claim in the database decides who sends a delivery. */
@Injectable()
export class Dispatcher implements Follower, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly logger = new Logger(Dispatcher.name);
  private readonly active = new Set<string>();
  /** Since endpoints were looked for last: that look may not know of theirs yet. */
  private readonly woken = new Set<string>();
  /** Workspaces whose endpoints are all owed more than can be sent now, so that more deliveries would help nobody. */
  private readonly behind = new Set<string>();
  private readonly seen = new Map<string, number>();
  private readonly looks = new Pace(LOOK_MS, (workspaceId) => this.track(this.send(workspaceId)), LOOK_REST);
  private readonly underWay = new Set<Promise<void>>();
  private readonly tickers: Ticker[];
  private stopped = false;
  /** When the attempts that are still under way are broken off, as `performance.now()` tells the time. */
  private lastEnd = Infinity;

  constructor(
    private readonly dataSource: DataSource,
    private readonly sender: Sender,
    private readonly subjects: Subjects,
    @Inject(CONFIG) private readonly config: Config,
    private readonly sequencer: Sequencer,
    queue: DeliveryQueue,
  ) {
    sequencer.afterNumbering((manager, workspaceId, events) => queue.add(manager, workspaceId, events));
    sequencer.follow(this);
    this.tickers = [
      new Ticker(TICK_MS, () => this.lookEverywhere()),
      new Ticker(
        DISCOVER_MS,
        () => this.discover(),
        (error) => {
          this.warn('endpoints were not looked for', error);
        },
      ),
    ];
  }

  onApplicationBootstrap(): void {
    for (const ticker of this.tickers) {
      ticker.start();
      void ticker.now();
    }
  }

  onModuleDestroy(): void {
    this.stopped = true;
    this.lastEnd = performance.now() + this.config.SHUTDOWN_TIMEOUT_MS;
    for (const ticker of this.tickers) ticker.stop();
  }

  /** Lets attempts come to their end, so that nothing is sent twice without need. Requests do not wait for that. */
  async onApplicationShutdown(): Promise<void> {
    await endWithin(this.lastEnd - performance.now(), this.allEnded());
    this.sender.close();
    await this.allEnded();
  }

  *workspaces(): Iterable<string> {
    for (const id of this.active) if (!this.behind.has(id)) yield id;
  }

  moved(workspaceId: string, last: number): void {
    if (!this.active.has(workspaceId) || this.seen.get(workspaceId) === last) return;
    this.seen.set(workspaceId, last);
    this.look(workspaceId);
  }

  /** There is an endpoint, or something is due, in this workspace. */
  wake(workspaceId: string): void {
    this.active.add(workspaceId);
    this.woken.add(workspaceId);
    this.look(workspaceId);
  }

  private lookEverywhere(): Promise<void> {
    for (const id of this.active) this.look(id);
    return Promise.resolve();
  }

  private async discover(): Promise<void> {
    this.woken.clear();
    const found = await this.dataSource.query<{ id: string }[]>(ACTIVE);
    const ids = new Set(found.map(({ id }) => id));
    for (const id of this.active)
      if (!ids.has(id) && !this.woken.has(id)) {
        this.active.delete(id);
        this.behind.delete(id);
      }
    for (const id of ids) this.active.add(id);
  }

  private look(workspaceId: string): void {
    if (!this.stopped) this.looks.ask(workspaceId);
  }

  /** Work that a stop waits for. It does not throw. */
  private track(work: Promise<void>): Promise<void> {
    const tracked = work.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
    return tracked;
  }

  private async allEnded(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  }

  private async send(workspaceId: string): Promise<void> {
    if (this.stopped) return;
    const lease = newId('lease');
    try {
      const { claims, hasMore, isBehind } = await this.dataSource.transaction((manager) =>
        claim(manager, workspaceId, lease),
      );
      for (const each of claims) void this.track(this.deliver(each, lease));
      if (isBehind !== undefined) this.noteBehind(workspaceId, isBehind);
      if (hasMore) this.look(workspaceId);
    } catch (error) {
      this.warn('deliveries were not looked for', error);
    }
  }

  /** Events that nobody could send are numbered once somebody can: until then, those who write have the machine. */
  private noteBehind(workspaceId: string, isBehind: boolean): void {
    if (isBehind) this.behind.add(workspaceId);
    else if (this.behind.delete(workspaceId)) this.sequencer.wake(workspaceId);
  }

  private async deliver(delivery: Claim, lease: string): Promise<void> {
    try {
      const body = await this.bodyOf(delivery);
      const timestamp = Math.floor(Date.now() / 1000);
      const signatures = signatureHeaders(delivery.event_id, timestamp, body, signingSecrets(delivery.secrets));
      const outcome = await this.sender.post(delivery.url, { ...delivery.headers, ...signatures }, body);
      const mayBeFailing = await this.record(delivery, lease, outcome);
      await this.judge(delivery, outcome, mayBeFailing);
      this.look(delivery.workspace_id);
    } catch (error) {
      // The lease runs out, and somebody sends it again.
      this.warn('the outcome of a delivery was not recorded', error);
    }
  }

  private async bodyOf(delivery: Claim): Promise<string> {
    const text = eventText(delivery, derivationOf(delivery.event_id));
    if (!delivery.include_object) return text;
    const { workspace_id: workspaceId, opportunity_id } = delivery;
    const call: Call = { workspaceId, keyId: '', requestId: '', manager: this.dataSource.manager };
    return `${text.slice(0, -1)},"data":${await this.subjects.text(call, opportunity_id)}}`;
  }

  private async record(delivery: Claim, lease: string, { retryAfter, ...attempt }: Outcome): Promise<boolean> {
    const isTimeout = attempt.error === 'timeout';
    const delayMs = delayAfter(delivery.tries + 1, { statusCode: attempt.status_code, isTimeout, retryAfter }) ?? null;
    const status = attempt.error === null ? 'delivered' : delayMs === null ? 'exhausted' : 'retrying';
    const recorded: Recorded = {
      status,
      delayMs,
      attempts: [...delivery.attempts, attempt].slice(-KEPT_ATTEMPTS),
    };
    count(attempt.error === null ? 'webhook_attempts_delivered' : 'webhook_attempts_failed');
    if (status === 'exhausted') count('webhook_deliveries_exhausted');
    return record(this.dataSource.manager, delivery, lease, recorded);
  }

  /** Does the endpoint work, as the outcome has it? */
  private async judge({ workspace_id, endpoint_id }: Claim, attempt: Outcome, mayBeFailing: boolean): Promise<void> {
    const { manager } = this.dataSource;
    try {
      if (attempt.error === null) {
        if (mayBeFailing) await recordSuccess(manager, workspace_id, endpoint_id);
      } else if (attempt.status_code === 410) await this.disable(workspace_id, endpoint_id, 'gone');
      else if (await recordFailure(manager, workspace_id, endpoint_id, attempt.attempted_at))
        await this.disable(workspace_id, endpoint_id, 'failing');
    } catch (error) {
      this.warn('the health of an endpoint was not noted', error);
    }
  }

  private async disable(workspaceId: string, endpointId: string, reason: 'gone' | 'failing'): Promise<void> {
    const work = this.dataSource.transaction((manager) => disableEndpoint(manager, workspaceId, endpointId, reason));
    if (!(await work)) return;
    count('webhook_endpoints_disabled');
    this.logger.warn({ msg: 'webhook endpoint disabled', workspace_id: workspaceId, endpoint_id: endpointId, reason });
  }

  private warn(problem: string, error: unknown): void {
    if (!this.stopped) this.logger.warn({ msg: `${problem}; the next try is soon`, error: String(error) });
  }
}
