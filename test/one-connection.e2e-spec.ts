import { Dispatcher } from '../src/webhooks/dispatcher.js';
import { createOpportunity } from './support/fixtures.js';
import { operationsOf, type Operation } from './support/operations.js';
import { Sample } from './support/sample.js';
import { startService } from './support/service.js';

/** A transaction that waits for the work of another connection would wait for ever: the service has only this one. */
const ONE = { DATABASE_POOL_SIZE: '1', DATABASE_CONNECT_TIMEOUT_MS: '2200', RATE_LIMIT_REQUESTS: '0' };

it('finishes every operation on one connection, under a key where it takes one, while events are numbered', async () => {
  const service = await startService(ONE);
  const admin = await service.clientWith({ scopes: ['admin'] });
  const all = operationsOf(service.document);
  // Retries to the closed port of the examples would take most of the time.
  service.app.get(Dispatcher).onModuleDestroy();
  await Sample.of('webhook-endpoint', admin, all);
  const outcomes: [name: string, outcome: number | string][] = [];
  for (const operation of all) outcomes.push([operation.operationId, await outcomeOf(operation)]);
  expect(outcomes).toEqual(all.map(({ operationId, status }) => [operationId, status]));
  await service.stop();

  async function outcomeOf(operation: Operation): Promise<number | string> {
    const sample = await Sample.for(operation, admin, all);
    // Committed, and without a place in the feed when the operation begins.
    await createOpportunity(service.api);
    const key = { 'Idempotency-Key': operation.operationId };
    const { status, text } = await sample.call(operation, admin, operation.takesKey ? key : {});
    return status === operation.status ? status : `${status} ${text}`;
  }
});
