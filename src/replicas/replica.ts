import type { DataSource, EntityManager } from 'typeorm';
import type { PostgresOptions } from '../database/data-source.js';
import { ServiceDataSource } from '../database/service-data-source.js';
import type { Progress } from './progress.js';

/** How far the replica has come; null when it is none (any more). */
const REPLAYED = `select case when pg_is_in_recovery()
  then pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint end as position`;

/** One streaming replica: until when it may be read from, which every probe moves on. */
export class Replica {
  /** Host and port, for logs; the rest of the address may be a secret. */
  readonly name: string;
  /** Why it may not be read from. */
  reason = '';
  private readonly dataSource: DataSource;
  private freshUntil = 0;
  private current: Promise<void> | undefined;

  constructor(options: PostgresOptions) {
    this.name = new URL(options.url ?? '').host;
    this.dataSource = new ServiceDataSource(options);
  }

  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  isFresh(now: number): boolean {
    return now < this.freshUntil;
  }

  /** Asks how far it has come; joins a probe that is still waiting for the answer. */
  probe(progress: Progress): Promise<void> {
    this.current ??= this.ask(progress).finally(() => (this.current = undefined));
    return this.current;
  }

  async close(): Promise<void> {
    await this.current;
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async ask(progress: Progress): Promise<void> {
    try {
      if (!this.dataSource.isInitialized) await this.dataSource.initialize();
      const [row] = await this.dataSource.query<{ position: number | null }[]>(REPLAYED);
      this.freshUntil = progress.freshUntil(row?.position ?? -1);
      this.reason = row?.position === null ? 'is not a replica' : 'is too far behind';
    } catch (error) {
      this.freshUntil = 0;
      this.reason = String(error);
    }
  }
}
