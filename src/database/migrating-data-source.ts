import { DataSource, type Migration, type MigrationInterface } from 'typeorm';
import { outsideParts } from '../schema.js';
import { forgetModuleMigrations, noteModuleMigrations } from './module-notes.js';

type RunOptions = Parameters<DataSource['runMigrations']>[0];

/** The migrations of each module from outside, in the order in which they run. */
const ofModules = outsideParts.map(({ name, migrations = [] }) => ({ name, classes: new Set<unknown>(migrations) }));

/**
 * TypeORM's data source for migrations. Those of the service run first, then those of each module from outside, whatever
 * their numbers: a new database ends up as one that has grown.
 */
export class MigratingDataSource extends DataSource {
  override async runMigrations(options?: RunOptions): Promise<Migration[]> {
    const all = this.migrations;
    const isOf = (classes: ReadonlySet<unknown>) => (migration: MigrationInterface) =>
      classes.has(migration.constructor);
    const ours = all.filter((migration) => !ofModules.some(({ classes }) => isOf(classes)(migration)));
    try {
      const done = await this.runOnly(ours, options);
      for (const { name, classes } of ofModules) {
        await noteModuleMigrations(this, name, [...classes] as { name: string }[]);
        done.push(...(await this.runOnly(all.filter(isOf(classes)), options)));
      }
      return done;
    } finally {
      Object.assign(this, { migrations: all });
    }
  }

  override async undoLastMigration(options?: Parameters<DataSource['undoLastMigration']>[0]): Promise<void> {
    await super.undoLastMigration(options);
    await forgetModuleMigrations(this);
  }

  private runOnly(migrations: MigrationInterface[], options: RunOptions): Promise<Migration[]> {
    Object.assign(this, { migrations });
    return super.runMigrations(options);
  }
}
