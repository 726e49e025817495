import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { Answer, Client } from './support/client.js';
import { addItem, createOpportunity, minimal } from './support/fixtures.js';
import { isAdded } from './support/of-modules.js';
import { refersTo, operationsOf, parametersOf, type Operation } from './support/operations.js';
import { exchange, parseAnswer, type RawAnswer } from './support/raw-http.js';
import { Sample } from './support/sample.js';
import { startService, type Service } from './support/service.js';

/* Conditional requests: RFC 9110, section 13. */

let service: Service;
let admin: Client;
beforeAll(async () => {
  service = await startService();
  admin = await service.clientWith({ scopes: ['admin'] });
});
afterAll(() => service.stop());

async function etag(path: string): Promise<string> {
  return (await admin.get(path)).headers.get('etag') ?? '';
}

describe('a write', () => {
  /** The writes of the document, and whether it says that they take the header. */
  const writes = (): (Operation & { takesIfMatch: boolean })[] =>
    operationsOf(service.document)
      .filter(({ method }) => method !== 'get')
      .map((operation) => ({ ...operation, takesIfMatch: namesOfParameters(operation).includes('If-Match') }));

  function namesOfParameters({ method, path }: Operation): string[] {
    const item = service.document.paths[path] as Record<string, object>;
    return parametersOf(service.document, item[method]).map(({ name }) => name as string);
  }

  /** An object for the operation to work on: sends it with headers, and knows its ETag or that of the parent. */
  async function prepare(operation: Operation): Promise<{ send: Send; tag: () => Promise<string> }> {
    const { method, path, resource } = operation;
    const sample = await Sample.for(operation, admin, operationsOf(service.document));
    const isOfOne = /\{(id|external_id)\}/.test(path);
    const parent =
      Object.values(operation.example ?? {})
        .map(refersTo)
        .find(Boolean) ?? '';
    const object = `${isOfOne ? operation.collection : `/api/crm/${parent}`}/{id}`;
    const id = sample.byResource[isOfOne ? resource : parent] ?? '';
    const body = sample.body(operation);
    return {
      tag: () => etag(`/${object.replace('{id}', id)}`),
      send: (headers) =>
        admin.request(method.toUpperCase(), sample.path(operation), { headers, ...(body && { body }) }),
    };
  }
  type Send = (headers: Record<string, string>) => Promise<Answer>;

  const outcome = ({ status, body }: Answer): unknown => [status, body.error?.code, body.error?.param];

  it('that changes one object, or children of one, keeps If-Match, and every other one refuses it', () => {
    const without = writes().filter(({ takesIfMatch }) => !takesIfMatch);
    const ofService = without.filter((operation) => !isAdded(operation));
    expect(ofService.map(({ operationId }) => operationId).toSorted()).toEqual([
      'applyPipelineProbabilities',
      'batchOpportunities',
      'cancelImport',
      'createApiKey',
      'createImport',
      'createOpportunity',
      'createPipeline',
      'createWebhookEndpoint',
      'pingWebhookEndpoint',
      'replayWebhookEvents',
      'resendWebhookDelivery',
      'revertImport',
      'runImport',
      'uploadImportFile',
    ]);
  });

  it('is made with the tag of the version there is, also as proxies write it', async () => {
    for (const operation of writes().filter(({ takesIfMatch }) => takesIfMatch))
      for (const written of [(tag: string) => tag, (tag: string) => `W/${tag}`, () => '*']) {
        const { send, tag } = await prepare(operation);
        const answer = await send({ 'if-match': written(await tag()) });
        expect([operation.operationId, answer.status]).toEqual([operation.operationId, operation.status]);
      }
  });

  it('is refused with 412 for another version, and with 400 for what is no list of tags', async () => {
    for (const operation of writes().filter(({ takesIfMatch }) => takesIfMatch)) {
      const { send, tag } = await prepare(operation);
      const before = await tag();
      for (const stale of ['"0"', '"abc"'])
        expect([operation.operationId, stale, outcome(await send({ 'if-match': stale }))]).toEqual([
          operation.operationId,
          stale,
          [412, 'precondition_failed', undefined],
        ]);
      for (const malformed of ['2', ''])
        expect([operation.operationId, malformed, outcome(await send({ 'if-match': malformed }))]).toEqual([
          operation.operationId,
          malformed,
          [400, 'parameter_invalid', 'If-Match'],
        ]);
      expect(await tag()).toBe(before);
    }
  });

  it('with If-None-Match: * is refused while there is the object, and with tags in any case', async () => {
    for (const operation of writes()) {
      const { send } = await prepare(operation);
      const any = operation.takesIfMatch
        ? [412, 'precondition_failed', undefined]
        : [400, 'parameter_invalid', 'If-None-Match'];
      const { operationId } = operation;
      expect([operationId, outcome(await send({ 'if-none-match': '*' }))]).toEqual([operationId, any]);
      expect([operationId, outcome(await send({ 'if-none-match': '"0"' }))]).toEqual([
        operationId,
        [400, 'parameter_invalid', 'If-None-Match'],
      ]);
    }
    const missing = await admin.patch('/opportunity/opportunity_abc123', {}, { 'if-none-match': '*' });
    expect(missing.status).toBe(404);
  });

  it('that has no version to compare refuses If-Match, and does nothing', async () => {
    const total = async (): Promise<number> => (await admin.get('/opportunity')).body.total as number;
    for (const operation of writes().filter(({ takesIfMatch }) => !takesIfMatch)) {
      const { send } = await prepare(operation);
      const before = await total();
      for (const header of ['*', '"1"'])
        expect([operation.operationId, outcome(await send({ 'if-match': header }))]).toEqual([
          operation.operationId,
          [400, 'parameter_invalid', 'If-Match'],
        ]);
      expect([operation.operationId, await total()]).toEqual([operation.operationId, before]);
    }
  });

  it.each(['PUT', 'PATCH'])('%s on reorder compares with the parent, as POST does', async (method) => {
    const { id } = await createOpportunity(admin);
    const [first, second] = [await addItem(admin, id), await addItem(admin, id)];
    const body = { ids: [second.id, first.id] };
    const seen = await etag(`/opportunity/${id}`);
    await addItem(admin, id);
    const stale = await admin.request(method, '/opportunity-item/reorder', { body, headers: { 'if-match': seen } });
    expect(stale.status).toBe(412);
    expect(stale.headers.get('etag')).toBe(await etag(`/opportunity/${id}`));
  });

  it('to the children of one parent is made by exactly one of ten writers with the same version', async () => {
    const { id } = await createOpportunity(admin);
    const headers = { 'if-match': await etag(`/opportunity/${id}`) };
    const writers = Array.from({ length: 10 }, () =>
      admin.post('/opportunity-item', { opportunity_id: id, qty: 1 }, headers),
    );
    const statuses = (await Promise.all(writers)).map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([201, ...Array.from({ length: 9 }, () => 412)]);
  });
});

describe('a read', () => {
  /** What a request is answered on the wire, and nothing more comes. */
  async function raw(method: string, path: string, headers: Record<string, string>): Promise<RawAnswer> {
    const all = { host: 'x', authorization: `Bearer ${admin.key ?? ''}`, connection: 'close', ...headers };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
    return parseAnswer(
      await exchange(service.origin, `${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`),
    );
  }

  async function path(): Promise<string> {
    return `/api/crm/opportunity/${(await createOpportunity(admin)).id}`;
  }

  it('of the version that the client has is a 304 without a body or a length, with the headers of the 200', async () => {
    const object = await path();
    const { headers: full } = await raw('GET', object, {});
    for (const known of ['"1"', 'W/"1"', '"1-gzip"', '"0", "1"', '"a,b",W/"1"', '*']) {
      const answer = await raw('GET', object, { 'if-none-match': known });
      expect([known, answer.status, answer.body]).toEqual([known, 304, '']);
      for (const none of ['content-length', 'content-type', 'transfer-encoding'])
        expect(answer.headers).not.toHaveProperty(none);
      for (const name of ['etag', 'cache-control', 'vary', 'x-content-type-options'])
        expect(answer.headers[name]).toBe(full[name]);
    }
  });

  it('by HEAD is as by GET', async () => {
    const object = await path();
    const { status, body, headers } = await raw('HEAD', object, { 'if-none-match': '"1"' });
    expect([status, body, headers['etag']]).toEqual([304, '', '"1"']);
    const other = await raw('HEAD', object, { 'if-none-match': '"2"' });
    const get = await raw('GET', object, { 'if-none-match': '"2"' });
    expect([other.status, other.body, other.headers['etag']]).toEqual([200, '', '"1"']);
    expect(other.headers['content-length']).toBe(String(get.body.length));
  });

  it.each(['"2"', '1', '', '"1', 'W/1', '"x"'])('of another version than %j is the whole answer', async (known) => {
    expect((await raw('GET', await path(), { 'if-none-match': known })).status).toBe(200);
  });

  it('with If-Match is answered only if that is the version', async () => {
    const object = await path();
    const statuses = async (method: string): Promise<number[]> => {
      const answers = ['"1"', 'W/"1"', '*', '"2"', '1'].map((wanted) => raw(method, object, { 'if-match': wanted }));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await statuses('GET')).toEqual([200, 200, 200, 412, 400]);
    expect(await statuses('HEAD')).toEqual([200, 200, 200, 412, 400]);
    // Section 13.2.2: If-Match comes first.
    const both = await raw('GET', object, { 'if-match': '"2"', 'if-none-match': '"1"' });
    expect([both.status, both.headers['etag']]).toEqual([412, '"1"']);
  });

  it('is not conditional by dates or ranges, of which the service tells none', async () => {
    const object = await path();
    const now = new Date().toUTCString();
    for (const headers of [
      { 'if-modified-since': now },
      { 'if-unmodified-since': 'Sat, 01 Jan 2000 00:00:00 GMT' },
      { range: 'bytes=0-9' },
      { range: 'bytes=0-9', 'if-range': '"1"' },
    ]) {
      const { status, headers: answered } = await raw('GET', object, headers);
      expect(status).toBe(200);
      expect(answered).not.toHaveProperty('last-modified');
      expect(answered).not.toHaveProperty('content-range');
    }
  });

  it('that finds nothing is what it is without conditions', async () => {
    for (const headers of [{ 'if-none-match': '*' }, { 'if-match': '"1"' }])
      expect((await admin.get('/opportunity/opportunity_abc123', headers)).status).toBe(404);
  });

  it('of a list knows no version', async () => {
    const { headers } = await admin.get('/opportunity', { 'if-none-match': '"1"' });
    expect(headers.has('etag')).toBe(false);
  });

  describe('leaves no connection behind for a 304', () => {
    const REPEATED = 20;

    async function connectionsFor(read: (url: string) => Promise<number>): Promise<number> {
      const url = service.origin + (await path());
      await read(url);
      let connections = 0;
      const count = (): void => void (connections += 1);
      const server = service.app.getHttpServer();
      server.on('connection', count);
      for (let index = 0; index < REPEATED; index++) expect(await read(url)).toBe(304);
      server.off('connection', count);
      return connections;
    }

    it('by fetch', async () => {
      const headers = { authorization: `Bearer ${admin.key ?? ''}`, 'if-none-match': '"1"' };
      const read = async (url: string): Promise<number> => {
        const answer = await fetch(url, { headers });
        await answer.text();
        return answer.status;
      };
      expect(await connectionsFor(read)).toBe(0);
    });

    it('by an agent of Node', async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const headers = { authorization: `Bearer ${admin.key ?? ''}`, 'if-none-match': '"1"' };
      const read = async (url: string): Promise<number> => {
        const request = get(url, { agent, headers });
        const [response] = (await once(request, 'response')) as [IncomingMessage];
        response.resume();
        await once(response, 'end');
        return response.statusCode ?? 0;
      };
      try {
        expect(await connectionsFor(read)).toBe(0);
      } finally {
        agent.destroy();
      }
    });
  });
});

it('an object that was created says the version that its next change has to name', async () => {
  const created = await admin.post('/opportunity', minimal);
  const path = `/opportunity/${created.body.id}`;
  const changed = await admin.patch(path, { title: 'x' }, { 'if-match': created.headers.get('etag') ?? '' });
  expect(changed.status).toBe(200);
});
