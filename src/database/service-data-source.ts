import { DataSource, type QueryRunner, type ReplicationMode } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { PipelinedQueryRunner } from './pipelined-query-runner.js';

/** TypeORM's data source with this service's query runner. */
export class ServiceDataSource extends DataSource {
  override createQueryRunner(mode: ReplicationMode = 'master'): QueryRunner {
    const runner = new PipelinedQueryRunner(this.driver as PostgresDriver, mode);
    runner.manager = this.createEntityManager(runner);
    return runner;
  }
}
