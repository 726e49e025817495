import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';

const EVERY_MS = 3_600_000;
const BATCH = 2000;
/** Any number, the same in every process: one at a time takes old events away. */
const RETENTION_LOCK = 4_711_205_932;

/** Keeps the log from growing without bound: takes away what is older than EVENT_RETENTION_DAYS, a little at a time. */
@Injectable()
export class RetentionService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(RetentionService.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.EVENT_RETENTION_DAYS === 0) return;
    const sweep = (): void => {
      this.sweep().catch((error: unknown) => {
        this.logger.warn(`Old events were not taken away; the next try is in an hour. ${String(error)}`);
      });
    };
    this.timer = setInterval(sweep, EVERY_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Takes away what is too old, workspace by workspace. Answers how many events that were. */
  async sweep(): Promise<number> {
    const workspaces = await this.dataSource.manager.query<{ id: string }[]>('select id from workspace');
    let swept = 0;
    for (const { id } of workspaces)
      for (let last = BATCH; last === BATCH; swept += last) last = await this.sweepBatch(id);
    return swept;
  }

  private async sweepBatch(workspaceId: string): Promise<number> {
    const text = `with old as materialized (
        select workspace_id, subject_id, created_at, id from event where workspace_id = $1
          and created_at < now() - $2 * interval '1 day' and pg_try_advisory_xact_lock($3) limit ${BATCH}),
      gone as (delete from event using old where event.workspace_id = $1 and event.subject_id = old.subject_id
        and event.created_at = old.created_at and event.id = old.id returning 1)
      select count(*)::int as n from gone`;
    const values = [workspaceId, this.config.EVENT_RETENTION_DAYS, RETENTION_LOCK];
    const [row] = await this.dataSource.manager.query<{ n: number }[]>(text, values);
    return row?.n ?? 0;
  }
}
