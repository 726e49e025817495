import pg from 'pg';
import { Client } from '../test/support/client.js';
import { minimal } from '../test/support/fixtures.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { ContractCheck } from './support/contract-check.js';
import { DrillService } from './support/drill-service.js';
import { addWorkspace } from './support/workspaces.js';

const VARIABLE = 'DISTRIBUTED_DATABASE_URL';

/** Of all tables with a workspace, those that stay on the coordinator. */
const LOCAL = `select string_agg(c.relname, ', ' order by c.relname) as names from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
  where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
    and not exists (select from pg_dist_partition d where d.logicalrelid = c.oid)`;

/** It is about what is answered, and not about how soon. */
const PATIENT = {
  DATABASE_CONNECT_TIMEOUT_MS: '60000',
  DATABASE_STATEMENT_TIMEOUT_MS: '60000',
  DATABASE_LOCK_TIMEOUT_MS: '60000',
};

/** So many workspaces lie on every node of a small cluster. */
const WORKSPACES = 8;

export const drill: Drill = {
  promise:
    'On the Citus cluster at DISTRIBUTED_DATABASE_URL the service keeps its contract, in workspaces side by side',
  needs: VARIABLE,
  async run(options: DrillOptions): Promise<Outcome> {
    const url = process.env[VARIABLE] ?? '';
    const database = new pg.Pool({ connectionString: url, max: 2 });
    const service = await DrillService.start({
      DATABASE_URL: url,
      DATABASE_DISTRIBUTED: 'citus',
      RATE_LIMIT_REQUESTS: '0',
      LOG_LEVEL: 'error',
      ...PATIENT,
    });
    try {
      return await checkAll(service, database, options);
    } finally {
      await service.stop();
      await database.end();
    }
  },
};

async function checkAll(service: DrillService, database: pg.Pool, { full, seed, log }: DrillOptions): Promise<Outcome> {
  const { rows } = await database.query<{ names: string }>(LOCAL);
  const failures = rows[0]?.names === 'api_key, consumer_position' ? [] : [`not distributed: ${rows[0]?.names}`];
  const query = async <Row extends object>(text: string, values?: unknown[]): Promise<Row[]> =>
    (await database.query<Row>(text, values)).rows;
  const checks: ContractCheck[] = [];
  for (let n = 0; n < WORKSPACES; n++) {
    const key = await addWorkspace({ query }, `drill ${seed} ${Date.now()} ${n}`, ['admin']);
    checks.push(new ContractCheck(new Client(service.origin, key, service.check), service.document));
  }
  for (let round = 0; round < (full ? 10 : 1); round++) await Promise.all(checks.map((check) => check.manyWriters()));
  log(`${WORKSPACES} workspaces: many writers at once`);
  for (const check of full ? checks : checks.slice(0, 2)) await check.everything();
  log('every operation, lists, batches, deletions, deep pages, feed');
  failures.push(...(await areApart(checks)), ...checks.flatMap((check) => check.failures));
  const requests = checks.reduce((sum, check) => sum + check.requests, 0);
  const figure = `${requests} requests in ${WORKSPACES} workspaces: ${failures.length} failures`;
  return { passed: failures.length === 0, figure, failures };
}

/** No workspace sees what another has. */
async function areApart([first, second]: readonly ContractCheck[]): Promise<string[]> {
  const { body } = (await first?.api.post('/opportunity', minimal)) ?? {};
  const status = (await second?.api.get(`/opportunity/${String(body.id)}`))?.status;
  return status === 404 ? [] : [`a deal of another workspace is answered with ${status}`];
}
