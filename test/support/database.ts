import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  /** For the service, under a role that owns the database and no more. */
  url: string;
  superuserUrl: string;
  /** Runs SQL beside the service, on a connection of its own. */
  query: <Row extends object>(text: string, values?: unknown[]) => Promise<Row[]>;
  drop: () => Promise<void>;
}

/** A fresh clone of the migrated template, for one test file alone. */
export async function cloneDatabase(): Promise<TestDatabase> {
  const { TEST_SERVER_URL: server = '', TEST_SERVICE_URL: service = '', TEST_TEMPLATE: template = '' } = process.env;
  const name = `crm_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(service);
  await run(server, `create database ${name} template ${template} owner ${url.username}`);
  const superuserUrl = new URL(server);
  url.pathname = superuserUrl.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 2 });
  pool.on('error', () => undefined);
  return {
    url: url.href,
    superuserUrl: superuserUrl.href,
    query: async <Row extends object>(text: string, values: unknown[] = []) =>
      (await pool.query<Row>(text, values)).rows,
    drop: async () => {
      await pool.end();
      await run(server, `drop database ${name} with (force)`);
    },
  };
}

async function run(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
