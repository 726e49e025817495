import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { loadConfig } from '../src/config/config.js';
import { prepareSchema } from '../src/database/migrate.js';

it('several that start at once on an empty database bring it up to date one after the other', async () => {
  const name = `crm_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(process.env.TEST_SERVICE_URL ?? '');
  const client = new pg.Client({ connectionString: process.env.TEST_SERVER_URL });
  await client.connect();
  await client.query(`create database ${name} owner ${url.username}`);
  url.pathname = `/${name}`;
  try {
    // An index that is made beside reads and writes waits for all statements: also for those that wait for its migration.
    await Promise.all([1, 2, 3].map(() => prepareSchema(loadConfig({}), url.href)));
  } finally {
    await client.query(`drop database ${name} with (force)`);
    await client.end();
  }
});
