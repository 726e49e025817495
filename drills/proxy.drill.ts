import { gzipSync } from 'node:zlib';
import { Client, type Answer, type Json } from '../test/support/client.js';
import { minimal } from '../test/support/fixtures.js';
import type { Drill } from './drill.js';
import { DrillService } from './support/drill-service.js';
import { Nginx } from './support/nginx.js';
import { Passage } from './support/passage.js';

const APP = 'https://app.example.com';
const MIB = 2 ** 20;
const ITEMS = 500;
const DEALS = 45;
const AT_ONCE = 20;

/** The parts of the API that a proxy can spoil, through nginx as it is documented, and beside it. */
export const drill: Drill = {
  promise:
    'Through nginx as documented, compressing, everything works: conditions, pages, large answers, long URLs, uploads, repetition',
  async run({ full }) {
    const service = await DrillService.start({ CORS_ORIGINS: APP });
    const nginx = await Nginx.start(service.origin);
    // Nobody vouches for the certificate of a drill.
    const { NODE_TLS_REJECT_UNAUTHORIZED: before = '1' } = process.env;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      const passage = new Passage(new Client(nginx.origin, service.key, service.check), service.client());
      for (const step of STEPS) await step(passage);
      for (let round = 0; round < (full ? 100 : 5); round++) await keptConnections(passage);
      const { checks, failures } = passage;
      return {
        passed: failures.length === 0,
        figure: `${checks} checks through nginx: ${failures.length} failures`,
        failures,
      };
    } finally {
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
      await nginx.stop();
      await service.stop();
    }
  },
};

const tagOf = ({ headers }: Answer): string => headers.get('etag') ?? '';

async function largeAnswers(passage: Passage): Promise<void> {
  const { api, direct } = passage;
  const { id } = await passage.create({
    items: Array.from({ length: ITEMS }, (_none, idx) => ({ qty: idx, rate: 0.1 })),
  });
  const path = `/opportunity/${id}?expand=items`;
  const answer = await api.get(path);
  passage.expect('large answer', [answer.status, answer.headers.get('content-encoding')], [200, 'gzip']);
  passage.expect('bytes of a large answer', answer.text === (await direct.get(path)).text, true);
  const known = await api.get(path, { 'if-none-match': tagOf(answer) });
  passage.expect('304', [known.status, known.text], [304, '']);
  const headers = { authorization: `Bearer ${api.key ?? ''}` };
  const head = await fetch(`${api.origin}/api/crm${path}`, { method: 'HEAD', headers });
  passage.expect('HEAD', [head.status, await head.text()], [200, '']);
}

async function conditions(passage: Passage): Promise<void> {
  const { api } = passage;
  const { id } = await passage.create({ items: [{ qty: 1 }], order_lost_reason: 'x'.repeat(5000) });
  const read = await api.get(`/opportunity/${id}`);
  passage.expect('the tag of a compressed answer', tagOf(read), 'W/"2"');
  const changes: [string, () => Promise<Answer>][] = [
    ['PATCH', () => api.patch(`/opportunity/${id}`, { title: 'x' }, { 'if-match': tagOf(read) })],
    ['POST of a child', () => api.post('/opportunity-item', { opportunity_id: id }, { 'if-match': 'W/"3"' })],
    ['action', () => api.request('POST', `/opportunity/${id}/close`, { headers: { 'if-match': 'W/"4"' } })],
    ['DELETE', () => api.delete(`/opportunity/${id}`, { 'if-match': 'W/"5"' })],
  ];
  const stale = await api.patch(`/opportunity/${id}`, {}, { 'if-match': 'W/"1"' });
  passage.expect('PATCH of another version', [stale.status, stale.body.error.code], [412, 'precondition_failed']);
  for (const [what, change] of changes) passage.expect(what, Math.floor((await change()).status / 100), 2);
}

async function pages(passage: Passage): Promise<void> {
  const { api, direct } = passage;
  for (let count = 0; count < DEALS; count++) await passage.create({ title: `page ${count}` });
  const ids: string[] = [];
  let next: string | undefined = `//api/crm/opportunity?limit=10&title[starts_with]=page`;
  while (next !== undefined) {
    const page: Answer = await api.get(next);
    ids.push(...page.body.data.map(({ id }: Json) => id as string));
    const [, link] = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '') ?? [];
    next = link === undefined ? undefined : `/${link}`;
  }
  const all = await direct.get('/opportunity?limit=100&title[starts_with]=page&fields=id');
  passage.expect(
    'objects of all pages',
    ids,
    all.body.data.map(({ id }: Json) => id as string),
  );
}

async function longUrls(passage: Passage): Promise<void> {
  const listOf = (count: number): string =>
    Array.from({ length: count }, (_none, index) => String(index).padStart(140, 'x')).join();
  for (let count = 0; count < 3; count++) await passage.create();
  // Both neighbours of the page repeat the query, and so the header is nearly as long as it may be.
  const linked = await passage.api.get(
    `/opportunity?limit=1&offset=1&title[is_null]=true&territory[ne]=${listOf(1)}&party_name[in]=${minimal.party_name},${listOf(11)}`,
  );
  passage.expect(
    'a page with a long Link',
    [linked.status, (linked.headers.get('link') ?? '').length > 3000],
    [200, true],
  );
  const long = await passage.api.get(`/opportunity?title[in]=${listOf(100)}`);
  passage.expect('a URL of 14 kB', [long.status, long.body?.total], [200, 0]);
}

async function uploads(passage: Passage): Promise<void> {
  const { api } = passage;
  const text = JSON.stringify(minimal);
  const send = async (
    body: NonNullable<RequestInit['body']>,
    headers: Record<string, string> = {},
  ): Promise<number> => {
    const answer = await fetch(`${api.origin}/api/crm/opportunity`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key ?? ''}`, 'content-type': 'application/json', ...headers },
      body,
      duplex: 'half',
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  const inChunks = new ReadableStream({
    start(controller) {
      for (const part of text.match(/.{1,7}/g) ?? []) controller.enqueue(Buffer.from(part));
      controller.close();
    },
  });
  passage.expect('a body in chunks', await send(inChunks), 201);
  passage.expect('a compressed body', await send(new Uint8Array(gzipSync(text)), { 'content-encoding': 'gzip' }), 201);
  passage.expect('a body of 1 MiB', await send(text.padEnd(MIB)), 201);
  passage.expect('a body of more', await send(text.padEnd(MIB + 1)), 413);
}

async function repetition(passage: Passage): Promise<void> {
  const once = { 'idempotency-key': 'through nginx' };
  const body = { ...minimal, items: [{ qty: 1 }] };
  const [first, again] = [
    await passage.api.post('/opportunity', body, once),
    await passage.api.post('/opportunity', body, once),
  ];
  passage.expect('repetition', [again.status, again.headers.get('idempotent-replayed')], [201, 'true']);
  passage.expect('bytes of a repetition', again.text, first.text);
}

async function refusals(passage: Passage): Promise<void> {
  const { api } = passage;
  const preflight = await fetch(`${api.origin}/api/crm/opportunity`, {
    method: 'OPTIONS',
    headers: { origin: APP, 'access-control-request-method': 'POST' },
  });
  passage.expect('preflight', [preflight.status, preflight.headers.get('access-control-allow-origin')], [204, APP]);
  const unknown = await api.get('/opportunity/opportunity_abc123', { origin: APP });
  passage.expect('404', [unknown.status, unknown.headers.get('access-control-allow-origin')], [404, APP]);
  const stranger = await api.get('/opportunity', { authorization: 'Bearer nope' });
  passage.expect('401', [stranger.status, stranger.headers.get('www-authenticate') !== null], [401, true]);
  const method = await api.request('PUT', '/opportunity');
  passage.expect(
    '405',
    [method.status, method.headers.get('allow')?.split(', ').sort()],
    [405, ['GET', 'HEAD', 'POST']],
  );
}

/** Many requests of all sizes on few connections. */
async function keptConnections(passage: Passage): Promise<void> {
  const work = Array.from({ length: AT_ONCE }, async (_none, index) => {
    const { id } = await passage.create({ title: `kept ${index}` });
    const read = await passage.api.get(`/opportunity/${id}?fields=title`);
    passage.expect('read after write', read.body, { title: `kept ${index}` });
    passage.expect('list', (await passage.api.get('/opportunity?limit=100')).status, 200);
    passage.expect('delete', (await passage.api.delete(`/opportunity/${id}`)).status, 200);
  });
  await Promise.all(work);
}

const STEPS = [largeAnswers, conditions, pages, longUrls, uploads, repetition, refusals];
