import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HealthIndicatorService, type HealthCheckAttempt } from '@nestjs/terminus';
import { statfs } from 'node:fs/promises';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { findCluster } from '../embedded-postgres/cluster-location.js';

/** Nest injection token of the address of the database. */
export const DATABASE_URL = Symbol('DATABASE_URL');

/** A frozen database answers nothing; readiness has to answer all the same. */
const BOUND_MS = 1000;
/** PostgreSQL writes its log in segments of 16 MiB, and stops when it cannot add one. */
const LEAST_FREE_BYTES = 64 * 1024 * 1024;

/**
 * Asks the database on a connection of its own: a pool that is busy, with many clients to serve, says nothing about the
 * database, and taking such a process out of service would only move its load to the next one.
 */
@Injectable()
export class DatabaseHealth implements OnModuleDestroy {
  private readonly pool: pg.Pool;

  constructor(
    @Inject(DATABASE_URL) url: string,
    private readonly dataSource: DataSource,
    private readonly indicators: HealthIndicatorService,
  ) {
    this.pool = new pg.Pool({
      connectionString: url,
      application_name: 'crm-opportunity-service health',
      max: 1,
      connectionTimeoutMillis: BOUND_MS,
      query_timeout: BOUND_MS,
      idleTimeoutMillis: 60_000,
      allowExitOnIdle: true,
    });
    // An idle connection that breaks is replaced at the next check, which says what is wrong.
    this.pool.on('error', () => undefined);
  }

  answers(): HealthCheckAttempt<'database'> {
    return this.check('database', async () => {
      await this.ask('select 1');
    });
  }

  migrated(): HealthCheckAttempt<'migrations'> {
    return this.check('migrations', async () => {
      const rows = await this.ask<{ name: string }>('select name from migrations');
      const applied = new Set(rows.map(({ name }) => name));
      const pending = this.dataSource.migrations.filter(
        ({ name, constructor }) => !applied.has(name ?? constructor.name),
      );
      if (pending.length > 0) throw new Error(`Migrations are pending: ${pending.length}.`);
    });
  }

  /** For the embedded database of a folder: is there room to write? */
  hasRoom(dataDir: string): HealthCheckAttempt<'disk'> {
    return this.check('disk', async () => {
      const cluster = await findCluster(dataDir);
      if (cluster === undefined) throw new Error('The folder of the database does not exist.');
      const { bavail, bsize } = await statfs(cluster.directory);
      if (bavail * bsize < LEAST_FREE_BYTES) throw new Error('The disk of the database is full.');
    });
  }

  /** Not waited for: a frozen database does not even confirm a goodbye. */
  onModuleDestroy(): void {
    void this.pool.end();
  }

  private check<Name extends string>(name: Name, look: () => Promise<void>): HealthCheckAttempt<Name> {
    return this.indicators.check(name).attempt(look).withTimeout(BOUND_MS);
  }

  /** What the driver says of a failure, as the address it tried, is not for everyone. */
  private async ask<Row extends object>(text: string): Promise<Row[]> {
    const { rows } = await this.pool.query<Row>(text).catch((cause: unknown) => {
      throw new Error('The database does not answer.', { cause });
    });
    return rows;
  }
}
