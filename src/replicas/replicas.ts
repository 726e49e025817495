import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { CONFIG, type Config } from '../config/config.js';
import { dataSourceOptions } from '../database/data-source.js';
import { Progress } from './progress.js';
import { Replica } from './replica.js';

const WRITTEN = `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint as position`;
const LONGEST_TICK_MS = 1000;
/** Several looks within the limit, so that a replica that keeps up stays in use. */
const TICKS_WITHIN_LIMIT = 4;

/** The replicas of DATABASE_REPLICA_URLS: watched in the background, so that a request only compares two numbers. */
@Injectable()
export class Replicas implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(Replicas.name);
  private readonly replicas: Replica[];
  private readonly progress: Progress;
  private readonly tickMs: number;
  private readonly inUse = new Map<Replica, boolean>();
  private looking = false;
  private timer: NodeJS.Timeout | undefined;
  private next = 0;

  constructor(
    private readonly primary: DataSource,
    @Inject(CONFIG) config: Config,
  ) {
    const limit = config.DATABASE_REPLICA_MAX_LAG_MS;
    this.progress = new Progress(limit);
    this.tickMs = Math.min(limit / TICKS_WITHIN_LIMIT, LONGEST_TICK_MS);
    this.replicas = (config.DATABASE_REPLICA_URLS ?? []).map((url) => new Replica(replicaOptions(config, url)));
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.look(), this.tickMs).unref();
    void this.look();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.replicas.map((replica) => replica.close()));
  }

  /** The next in turn of those that are not too far behind; undefined when there is none. */
  pick(): Replica | undefined {
    const now = performance.now();
    for (let tried = 0; tried < this.replicas.length; tried++) {
      this.next = (this.next + 1) % this.replicas.length;
      const replica = this.replicas[this.next];
      if (replica?.isFresh(now)) return replica;
    }
    return undefined;
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    const at = performance.now();
    try {
      const [row] = await this.primary.query<{ position: number }[]>(WRITTEN);
      if (row) this.progress.note(at, row.position);
    } catch {
      // Without a look at the primary the replicas grow old, which says it all.
    }
    this.looking = false;
    // Nobody waits for a replica that takes its time to answer.
    for (const replica of this.replicas)
      void replica.probe(this.progress).then(() => {
        this.report(replica);
      });
  }

  /** Logs when a replica comes into use, or is out of it. */
  private report(replica: Replica): void {
    const fresh = replica.isFresh(performance.now());
    if (fresh === this.inUse.get(replica)) return;
    this.inUse.set(replica, fresh);
    if (fresh) this.logger.log({ replica: replica.name, msg: 'the replica is read from' });
    else this.logger.warn({ replica: replica.name, reason: replica.reason, msg: 'the replica is not read from' });
  }
}

/** Half the time for each step, so that the primary has the other half when a replica does not answer. */
function replicaOptions(config: Config, url: string): ReturnType<typeof dataSourceOptions> {
  const half = (milliseconds: number): number => Math.ceil(milliseconds / 2);
  const hasty: Config = {
    ...config,
    DATABASE_STATEMENT_TIMEOUT_MS: half(config.DATABASE_STATEMENT_TIMEOUT_MS),
    DATABASE_CONNECT_TIMEOUT_MS: half(config.DATABASE_CONNECT_TIMEOUT_MS),
  };
  return dataSourceOptions(hasty, url);
}
