import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { knownConsumers } from '../consumers/known-consumers.js';
import { ANSWERS_KEPT_HOURS } from '../idempotency/idempotency.store.js';
import { OldImportFiles, OldImportRows } from './old-imports.js';
import { IS_IN_FEED, OldDeliveries, OldFeed } from './old-feed.js';
import { BATCH, OldRows, type Sweepable } from './old-rows.js';

/** Soon after the start, as a service may be restarted often, but not in its way; not in all processes at once. */
const FIRST_AFTER_MS = 30_000;
const FIRST_SPREAD_MS = 60_000;
const EVERY_MS = 3_600_000;

/** Keeps the database from growing without bound: deletes rows that are only kept for a time, a little at a time. */
@Injectable()
export class RetentionService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RetentionService.name);
  private readonly kinds: readonly Sweepable[];
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) { EVENT_RETENTION_DAYS, IMPORT_RETENTION_DAYS }: Config,
  ) {
    const hours = EVENT_RETENTION_DAYS * 24;
    const events = new OldRows('event', ['subject_id', 'created_at', 'id'], hours, IS_IN_FEED);
    const answers = new OldRows('idempotency_key', ['key'], ANSWERS_KEPT_HOURS);
    const imports = [new OldImportRows(), new OldImportFiles(IMPORT_RETENTION_DAYS)];
    const others = [answers, new OldDeliveries(), ...imports];
    const feed = new OldFeed(hours, () => knownConsumers(dataSource));
    this.kinds = EVENT_RETENTION_DAYS === 0 ? others : [feed, events, ...others];
  }

  onApplicationBootstrap(): void {
    this.schedule(FIRST_AFTER_MS + Math.random() * FIRST_SPREAD_MS);
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Deletes what is too old. Answers how many rows that were. */
  async sweep(): Promise<number> {
    let swept = 0;
    for (const kind of this.kinds) swept += await this.sweepKind(kind);
    return swept;
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      void this.sweep().finally(() => {
        this.schedule(EVERY_MS);
      });
    }, delayMs).unref();
  }

  /** A kind that fails does not keep the others from being swept. */
  private async sweepKind(kind: Sweepable): Promise<number> {
    let swept = 0;
    try {
      const workspaces = await this.dataSource.manager.query<{ id: string }[]>('select id from workspace');
      for (const { id } of workspaces)
        for (let more = true; more && !this.stopped;) {
          const deleted = await kind.deleteBatch(this.dataSource.manager, id);
          swept += deleted;
          more = deleted === BATCH;
        }
    } catch (error) {
      this.logger.warn(`Old rows of ${kind.table} were not deleted. The next try is in an hour. ${String(error)}`);
    }
    return swept;
  }
}
