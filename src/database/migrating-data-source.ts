import { DataSource, type Migration, type MigrationInterface, type QueryRunner, type ReplicationMode } from 'typeorm';
import { outsideParts } from '../schema.js';
import { distribute, isSpread } from './distributed/distribute.js';
import { forgetModuleMigrations, recordModuleMigrations } from './module-notes.js';

type RunOptions = Parameters<DataSource['runMigrations']>[0];

/** The migrations of each module from outside, in the order in which they run. */
const ofModules = outsideParts.map(({ name, migrations = [] }) => ({ name, classes: new Set<unknown>(migrations) }));

/** A statement that may add a foreign key. */
const ADDS_KEY = /\balter table\b[^]*\bforeign key\b/i;

/**
 * TypeORM's data source for migrations. Those of the service run first, then those of each module from outside, whatever
 * their numbers: a new database ends up as one that has grown. Where tables are distributed, those that are new follow.
 */
export class MigratingDataSource extends DataSource {
  /** Are the tables spread over several nodes? */
  private get isDistributed(): boolean {
    return (this.options as { extra?: { distributed?: boolean } }).extra?.distributed === true;
  }

  override async runMigrations(options?: RunOptions): Promise<Migration[]> {
    const all = this.migrations;
    const isOf = (classes: ReadonlySet<unknown>) => (migration: MigrationInterface) =>
      classes.has(migration.constructor);
    const ours = all.filter((migration) => !ofModules.some(({ classes }) => isOf(classes)(migration)));
    try {
      const done = await this.runOnly(ours, options);
      for (const { name, classes } of ofModules) {
        await recordModuleMigrations(this, name, [...classes] as { name: string }[]);
        done.push(...(await this.runOnly(all.filter(isOf(classes)), options)));
      }
      // A table and those that refer to it have to go together.
      if (this.isDistributed) await this.inTransaction(distribute);
      return done;
    } finally {
      Object.assign(this, { migrations: all });
    }
  }

  override async undoLastMigration(options?: Parameters<DataSource['undoLastMigration']>[0]): Promise<void> {
    await super.undoLastMigration(options);
    await forgetModuleMigrations(this);
  }

  /** A table gets a foreign key to one that is distributed only once it is distributed, too. */
  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    const runner = super.createQueryRunner(mode);
    if (!this.isDistributed) return runner;
    const query = runner.query.bind(runner) as (...given: unknown[]) => Promise<unknown>;
    const distributing = async (...given: unknown[]): Promise<unknown> => {
      if (ADDS_KEY.test(String(given[0])) && (await isSpread(runner))) await distribute(runner);
      return query(...given);
    };
    return Object.assign(runner, { query: distributing });
  }

  /** Runs work in one transaction, on the runner that migrations have. */
  async inTransaction(work: (runner: QueryRunner) => Promise<unknown>): Promise<void> {
    const runner = this.createQueryRunner();
    try {
      await runner.startTransaction();
      await work(runner);
      await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction();
      throw error;
    } finally {
      await runner.release();
    }
  }

  private runOnly(migrations: MigrationInterface[], options: RunOptions): Promise<Migration[]> {
    Object.assign(this, { migrations });
    return super.runMigrations(options);
  }
}
