import { DataSource, type EntityManager, type QueryRunner, type ReplicationMode } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { BudgetedDatabase, RequestBudget } from '../common/call/deadline.js';
import type { FairPool } from './fair-pool.js';
import { PipelinedQueryRunner, queryOnce } from './pipelined-query-runner.js';

/** TypeORM's data source with this service's query runner, and with none for a statement that is its own transaction. */
export class ServiceDataSource extends DataSource implements BudgetedDatabase {
  /** Whose work it is that goes this way; undefined for the service's own. */
  readonly budget: RequestBudget | undefined;

  managerFor(budget: RequestBudget): EntityManager {
    // The same data source in all but its budget, which is assigned, as a described property takes eight times as long.
    const view = Object.create(this) as { -readonly [K in keyof ServiceDataSource]: ServiceDataSource[K] };
    view.budget = budget;
    return view.createEntityManager();
  }

  override createQueryRunner(mode: ReplicationMode = 'master'): QueryRunner {
    const runner = new PipelinedQueryRunner(this.driver as PostgresDriver, mode, this.budget);
    runner.manager = this.createEntityManager(runner);
    return runner;
  }

  // The types of TypeORM's own method.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  override query<T = any>(text: string, parameters?: any[], runner?: QueryRunner): Promise<T> {
    const pool = (this.driver as PostgresDriver).master as FairPool;
    return (runner?.query(text, parameters) ?? queryOnce(pool, this.budget, text, parameters)) as Promise<T>;
  }
}
