import type { OpenAPIObject } from '@nestjs/swagger';
import { operationsOf } from '../test/support/operations.js';
import type { Drill, DrillOptions, Outcome } from './drill.js';
import { Content } from './support/content.js';
import { DrillPostgres } from './support/drill-postgres.js';
import { DrillService } from './support/drill-service.js';
import { FaultyLink } from './support/faulty-link.js';
import { NthQuery, type FaultAt, type Write } from './support/nth-query.js';

const POOL_SIZE = 3;

/** Serialisation failure, once and for good; deadlock; statement timeout; disk full. */
const SHORT: FaultAt[] = [
  (nth) => ({ nth, kind: 'cut before' }),
  (nth) => ({ nth, kind: 'cut after' }),
  (nth) => ({ nth, kind: 'error', sqlState: '40001', lasting: false }),
  (nth) => ({ nth, kind: 'error', sqlState: '40001', lasting: true }),
];
const FULL: FaultAt[] = [
  ...SHORT,
  (nth) => ({ nth, kind: 'error', sqlState: '40P01', lasting: false }),
  (nth) => ({ nth, kind: 'error', sqlState: '57014', lasting: false }),
  (nth) => ({ nth, kind: 'error', sqlState: '53100', lasting: true }),
];

export const drill: Drill = {
  promise: 'Whichever statement of a write fails, the write is done as a whole or not at all, and said to be so',
  async run(options): Promise<Outcome> {
    const postgres = await DrillPostgres.start({ fsync: 'off', synchronous_commit: 'off' });
    const link = await FaultyLink.to(postgres.url);
    try {
      const service = await DrillService.start({
        DATABASE_URL: link.url,
        DATABASE_POOL_SIZE: String(POOL_SIZE),
        LOG_LEVEL: 'fatal',
      });
      try {
        return await breakStatements(service, postgres, link, options);
      } finally {
        await service.stop();
      }
    } finally {
      await link.close();
      await postgres.stop();
    }
  },
};

async function breakStatements(
  service: DrillService,
  postgres: DrillPostgres,
  link: FaultyLink,
  { full, log }: DrillOptions,
): Promise<Outcome> {
  const operations = operationsOf(service.document);
  const run = new NthQuery(service.client(), link, await Content.of(postgres), operations);
  const writes = writesOf(service.document);
  for (const write of writes) {
    const before = run.faults;
    for (const faultAt of full ? FULL : SHORT) await run.try(write, faultAt);
    log(`${write.operation.operationId}${write.keyed ? ' with a key' : ''}: ${run.faults - before} faults`);
  }
  const left = await sessionsOf(postgres);
  const failures = [...run.failures, ...(left.open > POOL_SIZE ? [`${left.open} connections are open`] : [])];
  if (left.busy > 0) failures.push(`${left.busy} connections are still in a transaction`);
  const figure =
    `${failures.length} of ${run.faults} faults in ${writes.length} writes left something half done, an answer other than ` +
    `409 or 503, or a lost connection; ${run.repaired} writes were done nonetheless, ${run.unanswered} without an answer`;
  return { passed: failures.length === 0, figure, failures };
}

/** Every operation that writes; where it may have an idempotency key, with one too. Throws when there is no body to send. */
function writesOf(document: OpenAPIObject): Write[] {
  return (
    operationsOf(document)
      // The service itself writes beside the operations of webhooks and imports, so no two tries find the same.
      .filter(({ method, path }) => method !== 'get' && !/^\/api\/(webhook-endpoints|imports)/.test(path))
      .flatMap((operation) => {
        if (operation.takesBody && operation.example === undefined)
          throw new Error(`${operation.operationId} has no example in the document, so this drill cannot try it.`);
        return operation.method === 'post'
          ? [
              { operation, keyed: false },
              { operation, keyed: true },
            ]
          : [{ operation, keyed: false }];
      })
  );
}

async function sessionsOf(postgres: DrillPostgres): Promise<{ open: number; busy: number }> {
  const [row] = await postgres.query<{ open: number; busy: number }>(
    `select count(*)::int as open, count(*) filter (where state <> 'idle')::int as busy
     from pg_stat_activity where application_name = 'crm-opportunity-service'`,
  );
  return row ?? { open: 0, busy: 0 };
}
