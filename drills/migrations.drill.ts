import { DataSource } from 'typeorm';
import { loadConfig } from '../src/config/config.js';
import { migrationOptions, migrations as known } from '../src/database/data-source.js';
import { prepareSchema } from '../src/database/migrate.js';
import { SCHEMA_CONTENTS } from '../test/support/schema-contents.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { DrillPostgres } from './support/drill-postgres.js';
import { fillEmptyTables, type Query } from './support/generated-rows.js';
import { fingerprints, lostBetween, wrongCounts } from './support/kept-rows.js';

/** What is asked here has nothing to do with what survives a crash. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Up, rows, down, up, for one migration after the other, each on the rows of those before it. */
/** In the order in which they run: that of the moments in their names. */
const migrations = known.toSorted((one, other) => momentOf(one) - momentOf(other));

export const drill: Drill = {
  promise: 'Every migration can be taken back and run again, with rows in every table, and loses none',
  async run(options: DrillOptions): Promise<Outcome> {
    const server = await DrillPostgres.start(FAST);
    try {
      return await walk(server, options);
    } finally {
      await server.stop();
    }
  },
};

async function walk(server: DrillPostgres, { full, log }: DrillOptions): Promise<Outcome> {
  const rows = full ? 100_000 : 10_000;
  const query: Query = (text, values) => server.query(text, values);
  const failures: string[] = [];
  let slowest = 0;
  for (let count = 1; count <= migrations.length; count++) {
    const name = migrations[count - 1]?.name ?? '';
    const dataSource = await sourceOf(server.url, count);
    try {
      const { complaints, ms } = await thereAndBack(dataSource, query, rows, count === 1);
      failures.push(...complaints.map((complaint) => `${name}: ${complaint}`));
      slowest = Math.max(slowest, ms);
      log(`${name}: up in ${Math.round(ms)} ms with the rows there are`);
    } catch (error) {
      // The ones after it have nothing to stand on.
      failures.push(`${name}: ${String(error)}`);
      break;
    } finally {
      await dataSource.destroy();
    }
  }
  // Throws what differs from the entities.
  await prepareSchema(loadConfig({}), server.url).catch((error: unknown) => failures.push(String(error)));
  const lost = failures.length === 0 ? 'nothing lost, no drift' : `${failures.length} complaints`;
  const figure = `${migrations.length} migrations up, down and up over ${rows} rows a table: ${lost}; slowest ${Math.round(slowest)} ms`;
  return { passed: failures.length === 0, figure, failures };
}

/** A connection whose migrations end with the `count`th, so that up and down move by that one. */
function sourceOf(url: string, count: number): Promise<DataSource> {
  const options = migrationOptions(loadConfig({}), url);
  return new DataSource({ ...options, migrations: migrations.slice(0, count) }).initialize();
}

interface Walked {
  complaints: string[];
  /** Of the way up, over the rows of the tables that there were. */
  ms: number;
}

async function thereAndBack(source: DataSource, query: Query, rows: number, isFirst: boolean): Promise<Walked> {
  const complaints: string[] = [];
  const note = (when: string, found: string[]): unknown => complaints.push(...found.map((what) => `${when}: ${what}`));
  const start = isFirst ? [] : await contents(query);

  const since = performance.now();
  await source.runMigrations();
  const ms = performance.now() - since;
  const done = await contents(query);
  await fillEmptyTables(query, rows);
  const filled = await fingerprints(query);
  note('up', await wrongCounts(query));

  await source.undoLastMigration();
  note('down', differences(start, await contents(query)));
  // What the first one made it has to drop; a later one keeps what was there before it, and what it gave to those tables goes.
  if (!isFirst) {
    note('down', await lostBetween(query, filled));
    note('down', await wrongCounts(query));
  }
  const back = isFirst ? filled : await fingerprints(query);

  await source.runMigrations();
  note('up again', differences(done, await contents(query)));
  if (!isFirst) note('up again', await lostBetween(query, back));
  // For the migrations to come.
  await fillEmptyTables(query, rows);
  note('up again', await wrongCounts(query));
  return { complaints, ms };
}

async function contents(query: Query): Promise<string[]> {
  const rows = await query<{ kind: string; definition: string }>(SCHEMA_CONTENTS);
  return rows.map(({ kind, definition }) => `${kind} ${definition}`);
}

function differences(expected: string[], found: string[]): string[] {
  return [
    ...expected.filter((line) => !found.includes(line)).map((line) => `missing ${line}`),
    ...found.filter((line) => !expected.includes(line)).map((line) => `left over ${line}`),
  ];
}

function momentOf({ name }: { name: string }): number {
  return Number(name.slice(-13));
}
