import type { Client } from './client.js';
import { isCreate, operationsOf, type Operation } from './operations.js';
import { Sample } from './sample.js';
import type { TestService } from './test-service.js';

/** One promise, tried on one operation; answers what is broken. */
type Promised = (operation: Operation, tools: Tools) => Promise<string | undefined>;

interface Tools {
  admin: Client;
  stranger: Client;
  reader: Client;
  all: readonly Operation[];
  origin: string;
}

const PROMISES: Readonly<Record<string, Promised>> = {
  'takes the example of the document': takesExample,
  'needs a key': needsKey,
  'needs its scope': needsScope,
  'knows no object of another workspace': keepsWorkspacesApart,
  'does its work once for each Idempotency-Key': isIdempotent,
};

/** A line for each promise that is broken. The client holds every answer against the document meanwhile. */
export async function findingsOf(service: TestService): Promise<string[]> {
  const all = operationsOf(service.document).filter(({ path }) => path.startsWith('/api/crm/'));
  const [admin, stranger, reader] = await Promise.all([
    service.clientWith({ scopes: ['admin'] }),
    service.clientWith({ workspace: 'other', scopes: ['admin'] }),
    service.clientWith({ scopes: ['read'] }),
  ]);
  const findings = await unkeyed(service);
  for (const operation of all)
    for (const [promise, keeps] of Object.entries(PROMISES)) {
      const problem = await keeps(operation, { admin, stranger, reader, all, origin: service.origin }).catch(String);
      if (problem !== undefined) findings.push(`${operation.operationId} ${promise}: ${problem}`);
    }
  return findings;
}

/** Every key and index begins with the workspace, so that data can be spread by workspace. */
async function unkeyed(service: TestService): Promise<string[]> {
  const rows = await service.query<{ index: string }>(`select pg_get_indexdef(i.indexrelid) as index
    from pg_index i join pg_class c on c.oid = i.indrelid
    where c.relnamespace = 'public'::regnamespace
      and c.relname not in ('workspace', 'migrations', 'typeorm_metadata', 'api_key', 'idempotency_key')
      and pg_get_indexdef(i.indexrelid, 1, true) not in ('workspace_id')
      and pg_get_indexdef(i.indexrelid, 1, true) not similar to '(search\\_words|map\\_terms)%\\(workspace\\_id%'`);
  return rows.map(({ index }) => `An index does not begin with the workspace: ${index}`);
}

async function takesExample(operation: Operation, { admin, all }: Tools): Promise<string | undefined> {
  const sample = await Sample.for(operation, admin, all);
  const { status, text } = await sample.call(operation);
  return operation.statuses.includes(status) ? undefined : `${status} ${text}`;
}

async function needsKey(operation: Operation, { origin, admin, all }: Tools): Promise<string | undefined> {
  const sample = await Sample.of(operation.resource, admin, all);
  const { status } = await fetch(origin + sample.path(operation).slice(1), {
    method: operation.method.toUpperCase(),
  });
  return status === 401 ? undefined : `without a key the status is ${status}`;
}

async function needsScope(operation: Operation, { reader, admin, all }: Tools): Promise<string | undefined> {
  if (operation.scope === 'read') return undefined;
  const sample = await Sample.for(operation, admin, all);
  const { status } = await sample.call(operation, reader);
  return status === 403 ? undefined : `with a key that only reads, the status is ${status}`;
}

async function keepsWorkspacesApart(
  operation: Operation,
  { stranger, admin, all }: Tools,
): Promise<string | undefined> {
  if (!operation.path.includes('{id}')) return undefined;
  const sample = await Sample.for(operation, admin, all);
  const { status } = await sample.call(operation, stranger);
  return [400, 404].includes(status) ? undefined : `in another workspace the status is ${status}`;
}

async function isIdempotent(operation: Operation, { admin, all }: Tools): Promise<string | undefined> {
  if (!operation.takesKey) return undefined;
  const sample = await Sample.for(operation, admin, all);
  const headers = { 'Idempotency-Key': `conformance-${operation.operationId}` };
  const body = sample.body(operation);
  const send = () => admin.request('POST', sample.path(operation), { headers, ...(body !== undefined && { body }) });
  const [first, second] = [await send(), await send()];
  const isSame = first.status === second.status && first.text === second.text;
  return isSame
    ? undefined
    : `the second response is ${second.status}, after ${first.status}${isCreate(operation) ? ' for a create' : ''}`;
}
