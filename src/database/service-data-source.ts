import { DataSource, type QueryRunner, type ReplicationMode } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { BoundedPool } from './bounded-pool.js';
import { PipelinedQueryRunner, queryOnce } from './pipelined-query-runner.js';

/** TypeORM's data source with this service's query runner, and with none for a statement that is its own transaction. */
export class ServiceDataSource extends DataSource {
  override createQueryRunner(mode: ReplicationMode = 'master'): QueryRunner {
    const runner = new PipelinedQueryRunner(this.driver as PostgresDriver, mode);
    runner.manager = this.createEntityManager(runner);
    return runner;
  }

  // The types of TypeORM's own method.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  override query<T = any>(text: string, parameters?: any[], runner?: QueryRunner): Promise<T> {
    const pool = (this.driver as PostgresDriver).master as BoundedPool;
    return (runner?.query(text, parameters) ?? queryOnce(pool, text, parameters)) as Promise<T>;
  }
}
