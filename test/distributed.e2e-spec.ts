import type { MigrationInterface, QueryRunner } from 'typeorm';
import { countRows } from '../src/common/index.js';
import { ConfigError, loadConfig } from '../src/config/config.js';
import { migrationOptions, migrations } from '../src/database/data-source.js';
import { prepareSchema } from '../src/database/migrate.js';
import { MigratingDataSource } from '../src/database/migrating-data-source.js';
import { withCitusStandIns } from './support/citus-stand-ins.js';
import type { TestDatabase } from './support/database.js';
import { createOpportunity } from './support/fixtures.js';
import { cloneWithModules, startService } from './support/service.js';

/*
 * DATABASE_DISTRIBUTED=citus, on a plain PostgreSQL with stand-ins for what the service asks of Citus. Whether it works there,
 * the drill `distributed` finds out on a cluster.
 */

const AWAY = ['api_key', 'consumer_position', 'workspace'];

let database: TestDatabase;
let superuser: (text: string) => Promise<object[]>;
beforeAll(async () => {
  database = await cloneWithModules();
});
afterAll(() => database.drop());

const distributed = { DATABASE_DISTRIBUTED: 'citus' };
const prepare = (environment: Record<string, string>) =>
  prepareSchema(loadConfig({ DATABASE_URL: database.url, ...environment }), database.url);

async function names(text: string): Promise<string[]> {
  return (await database.query<{ name: string }>(text)).map(({ name }) => name);
}

const spread = () => names('select logicalrelid::text as name from pg_dist_partition order by 1');

const triggers = () => names('select pg_get_triggerdef(oid) as name from pg_trigger where not tgisinternal order by 1');

/** What is left to do is done once more after a change that is taken back. */
async function whileWorker(change: string, work: () => Promise<void>): Promise<void> {
  await superuser(`update citus.worker set ${change} where name = 'worker-2'`);
  await work();
  await superuser(`update citus.worker set success = true, timezone = 'UTC' where name = 'worker-2'`);
}

it('needs an address of a database', () => {
  expect(() => loadConfig(distributed)).toThrow(ConfigError);
  expect(() => loadConfig(distributed)).toThrow('DATABASE_DISTRIBUTED: needs DATABASE_URL');
});

it('needs the extension, the coordinator, nodes that answer, and UTC on all of them', async () => {
  await expect(prepare(distributed)).rejects.toThrow('does not have the extension citus');
  superuser = await withCitusStandIns(database);
  await whileWorker(`timezone = 'Europe/Berlin'`, () =>
    expect(prepare(distributed)).rejects.toThrow(
      'The time zone of every node has to be UTC; that of worker-2:5432 is Europe/Berlin.',
    ),
  );
  await whileWorker(`success = false, timezone = 'timeout expired'`, () =>
    expect(prepare(distributed)).rejects.toThrow('The node worker-2:5432 of Citus does not answer: timeout expired'),
  );
  const isCoordinator = (is: boolean) =>
    superuser(`create or replace function citus.citus_is_coordinator() returns boolean language sql as 'select ${is}'`);
  await isCoordinator(false);
  await expect(prepare(distributed)).rejects.toThrow('DATABASE_URL names a worker of Citus');
  await isCoordinator(true);
  expect(await spread()).toEqual([]);
});

it('distributes all tables of a database with rows, with their triggers, and leaves those that are', async () => {
  const before = await triggers();
  await expect(prepare({ ...distributed, MIGRATE_ON_START: 'false' })).rejects.toThrow(
    /^Tables are not distributed yet: .*\bopportunity, .*\. Distribute them with: .*migration:run/,
  );
  await prepare(distributed);
  const keyed = await names(`select table_name as name from information_schema.columns
    where table_schema = 'public' and column_name = 'workspace_id' and table_name <> all('{${AWAY.join()}}') order by 1`);
  expect(await spread()).toEqual(keyed);
  expect(await names('select name::text as name from citus.emptied order by 1')).toEqual(keyed);
  expect(await triggers()).toEqual(before);
  expect(await names('select objid::regprocedure::text as name from pg_dist_object order by 1')).toEqual(
    expect.arrayContaining(['has_pipeline(text)', 'row_count_add(text,text,bigint)', 'row_count_total(text,text)']),
  );
  const functions = await database.query('select * from pg_dist_object');
  // Each stand-in refuses to do what it has done.
  await prepare(distributed);
  await prepare({ ...distributed, MIGRATE_ON_START: 'false' });
  expect(await spread()).toEqual(keyed);
  expect(await database.query('select * from pg_dist_object')).toEqual(functions);
});

it('starts without the variable on no database with distributed tables', async () => {
  await expect(prepare({})).rejects.toThrow('Set DATABASE_DISTRIBUTED=citus');
});

/** As a module would add it, with a key to a table that is distributed. */
class Later1797000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table later (workspace_id varchar(80) not null, id varchar(80) not null,
      opportunity_id varchar(80) not null, primary key (workspace_id, id))`);
    await runner.query(`alter table later add foreign key (workspace_id, opportunity_id)
      references opportunity (workspace_id, id) on delete cascade`);
    await countRows(runner, 'later');
    await runner.query('create table later_still (workspace_id varchar(80) not null, primary key (workspace_id))');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table later, later_still');
  }
}

it('distributes the tables of a later migration, before a foreign key needs it and at its end', async () => {
  const options = migrationOptions(loadConfig({ DATABASE_URL: database.url, ...distributed }), database.url);
  const dataSource = new MigratingDataSource({ ...options, migrations: [...migrations, Later1797000000000] });
  await dataSource.initialize();
  try {
    await dataSource.runMigrations();
    expect(await spread()).toEqual(expect.arrayContaining(['later', 'later_still']));
    expect(await triggers()).toEqual(expect.arrayContaining([expect.stringContaining(`row_count_insert('later')`)]));
    await dataSource.undoLastMigration();
    await superuser(
      `delete from citus.pg_dist_partition where logicalrelid::text not in (select relname from pg_class)`,
    );
  } finally {
    await dataSource.destroy();
  }
});

it('serves, and counts what is there', async () => {
  const { stop, api, other } = await startService(distributed, { ...database, drop: () => Promise.resolve() });
  try {
    const { id } = await createOpportunity(api, { items: [{ rate: 2 }] });
    await createOpportunity(other);
    expect((await api.get('/opportunity')).body).toMatchObject({ total: 1, data: [{ id, total: 2 }] });
    expect((await api.delete(`/opportunity/${String(id)}`)).status).toBe(200);
    expect((await api.get('/opportunity')).body).toMatchObject({ total: 0 });
  } finally {
    await stop();
  }
});
