import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { loadConfig } from '../src/config/config.js';
import { MIGRATION_LOCK, prepareSchema } from '../src/database/migrate.js';
import { until } from './support/until.js';

const name = `crm_test_${randomBytes(6).toString('hex')}`;
const url = new URL(process.env.TEST_SERVICE_URL ?? '');
url.pathname = `/${name}`;
const server = new pg.Client({ connectionString: process.env.TEST_SERVER_URL });

beforeAll(async () => {
  await server.connect();
  await server.query(`create database ${name} owner ${url.username}`);
});

afterAll(async () => {
  await server.query(`drop database ${name} with (force)`);
  await server.end();
});

it('several that start at once on an empty database bring it up to date one after the other', async () => {
  await Promise.all([1, 2, 3].map(() => prepareSchema(loadConfig({}), url.href)));
});

/** The migrating process holds the lock in this test. */
const WAITING = `select from pg_stat_activity where datname = current_database() and state = 'idle' and query = 'ROLLBACK'`;

it('one that waits for the migrations of another is in no transaction: an index that is made meanwhile would wait for it', async () => {
  const migrating = new pg.Client({ connectionString: url.href });
  await migrating.connect();
  await migrating.query(`select pg_advisory_lock(${MIGRATION_LOCK})`);
  const starting = prepareSchema(loadConfig({}), url.href);
  await until(async () => (await migrating.query(WAITING)).rowCount === 1);
  await migrating.end();
  await starting;
});
