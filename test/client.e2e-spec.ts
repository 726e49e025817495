import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'lossless-json';
import openapiTypescript, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { Webhook } from 'standardwebhooks';
import ts from 'typescript';
import ts5 from 'typescript5';
import {
  Crm,
  CrmAuthenticationError,
  CrmConnectionError,
  CrmInvalidRequestError,
  CrmServerError,
  CrmWebhookError,
  unwrap,
} from '../client/src/index.js';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { installClient } from './support/built-client.js';
import { cloneDatabase } from './support/database.js';
import { blocksOf, readDocument, type Block } from './support/documents.js';
import { startFaultProxy, type Fault, type FaultProxy } from './support/fault-proxy.js';
import { runBlocks } from './support/page-shell.js';
import { startService, type Service } from './support/service.js';
import { freePort, StartedService } from './support/started-service.js';

const DEAL = {
  opportunity_from: 'Lead',
  party_name: 'Acme Industries',
  company: 'Example Corp',
  transaction_date: '2024-01-15',
} as const;

let service: Service;
let crm: Crm;

beforeAll(async () => {
  service = await startService();
  crm = new Crm({ url: service.origin, key: service.api.key ?? '' });
});

afterAll(() => service.stop());

const administrator = async (): Promise<Crm> =>
  new Crm({ url: service.origin, key: (await service.clientWith({ scopes: ['admin'] })).key ?? '' });
const total = async (): Promise<number | null> => (await crm.opportunities.list({ limit: 1 })).total;

describe('the calls', () => {
  it('write and read a deal with its children', async () => {
    const deal = await crm.opportunities.create({ ...DEAL, title: 'Chairs', items: [{ qty: 2, rate: 10.5 }] });
    const item = await crm.items.create({ opportunity_id: deal.id, rate: 3 });
    const ids = (await crm.items.list({ parent_id: deal.id })).data.map(({ id }) => id);
    await crm.items.reorder({ parent_id: deal.id, ids: ids.reverse() });
    expect((await crm.items.list({ parent_id: deal.id })).data[0]?.id).toBe(item.id);
    await crm.items.update(item.id, { qty: 4 });
    const read = await crm.opportunities.retrieve(deal.id, { expand: 'items' });
    expect(read).toMatchObject({ title: 'Chairs', total: 33 });
    expect(await crm.opportunities.lose(deal.id, { lost_reasons: [{ lost_reason: 'Price' }] })).toMatchObject({
      status: 'Lost',
    });
    const kinds = await crm.opportunities.history(deal.id).toArray({ limit: 100 });
    expect(kinds.map(({ type }) => type)).toContain('opportunity_item.created');
    expect(await crm.opportunities.delete(deal.id)).toEqual({ id: deal.id, deleted: true });
  });

  it('give every object of a list once, by cursor, while others are created', async () => {
    const made = await Promise.all(
      Array.from({ length: 25 }, (_entry, index) => crm.opportunities.create({ ...DEAL, title: `paged ${index}` })),
    );
    const seen: string[] = [];
    for await (const { id, title } of crm.opportunities.list({ 'title[contains]': 'paged', limit: 10 })) {
      if (seen.length % 10 === 5) await crm.opportunities.create({ ...DEAL, title: 'paged beside' });
      if (title !== 'paged beside') seen.push(id);
    }
    expect([...seen].sort()).toEqual(made.map(({ id }) => id).sort());
    const nameless = crm.opportunities.list({ fields: 'title', limit: 1 })[Symbol.asyncIterator]();
    await nameless.next();
    await expect(nameless.next()).rejects.toThrow('add id to fields');
  });

  it('write only what is still as it was read', async () => {
    const deal = await crm.opportunities.create(DEAL);
    const changed = await crm.opportunities.update(deal.id, { probability: 40 }, { ifMatch: deal });
    await expect(crm.opportunities.update(deal.id, { probability: 50 }, { ifMatch: deal })).rejects.toMatchObject({
      status: 412,
      code: 'precondition_failed',
    });
    expect(await crm.opportunities.update(deal.id, { probability: 50 }, { ifMatch: changed })).toMatchObject({
      probability: 50,
    });
    await expect(crm.opportunities.update(deal.id, {}, { ifMatch: { ...deal } })).rejects.toThrow(
      'ifMatch needs an object',
    );
  });

  it('move deals through a pipeline, and group them', async () => {
    const { id } = await crm.pipelines.create({ template: 'erpnext', name: 'New business' });
    const stages = await crm.stages.list({ parent_id: id }).toArray({ limit: 100 });
    const deal = await crm.opportunities.create(DEAL, { fields: 'id,stage_id' });
    const moved = await crm.opportunities.move(deal.id, { stage: 'Qualification' });
    expect(moved).toMatchObject({ sales_stage: 'Qualification', probability: 20 });
    expect((await crm.opportunities.stages(deal.id)).data).toHaveLength(2);
    const groups = await crm.opportunities.aggregate({
      group_by: 'sales_stage',
      filter: `stage_id:${stages[1]?.id ?? ''}`,
    });
    expect(groups.data).toMatchObject([{ keys: { sales_stage: 'Qualification' }, count: 1 }]);
    await crm.stages.delete(stages[1]?.id ?? '', { moveTo: stages[0]?.id ?? '' });
    expect(await crm.opportunities.retrieve(deal.id)).toMatchObject({ sales_stage: 'Prospecting' });
  });

  it('read reports, and the histories of keys', async () => {
    const deal = await crm.opportunities.create(DEAL);
    await crm.opportunities.convert(deal.id);
    expect((await crm.reports.winRate()).data.length).toBeGreaterThan(0);
    const admin = await administrator();
    const { id } = await admin.keys.create({ name: 'made', scopes: ['read'] });
    const types = (await admin.keys.history(id).toArray({ limit: 10 })).map(({ type }) => type);
    expect(types).toEqual(['api_key.created']);
  });

  it('manage webhook endpoints', async () => {
    const { webhookEndpoints: endpoints } = await administrator();
    const { id, secret } = await endpoints.create({ url: 'http://127.0.0.1:9/hook', enabled_events: ['*'] });
    expect((await endpoints.rotateSecret(id, {})).secret).not.toBe(secret);
    expect(await endpoints.ping(id)).toMatchObject({ status_code: null });
    await endpoints.replay(id, { since: new Date(Date.now() - 60_000).toISOString() });
    expect((await endpoints.deliveries(id)).data.length).toBeGreaterThan(0);
    await expect(endpoints.resend(id, 'delivery_x')).rejects.toMatchObject({ status: 404 });
    expect(await endpoints.delete(id)).toEqual({ id, deleted: true });
  });

  it('keep amounts exact with a parser of their own', async () => {
    const exact = new Crm({ url: service.origin, key: service.api.key ?? '', json: { parse, stringify } });
    const { id } = await exact.opportunities.create(
      parse(JSON.stringify(DEAL).replace('}', ',"opportunity_amount":123456789012.123456789}')) as typeof DEAL,
    );
    expect(stringify((await exact.opportunities.retrieve(id)).opportunity_amount)).toBe('123456789012.123456789');
  });
});

describe('errors', () => {
  it('are of a class, and name every parameter', async () => {
    const failure = await crm.opportunities.create({ ...DEAL, probability: 101 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CrmInvalidRequestError);
    expect(failure).toMatchObject({ status: 400, code: 'parameter_invalid', param: 'probability' });
    expect((failure as CrmInvalidRequestError).errors).toHaveLength(1);
    expect((failure as CrmInvalidRequestError).requestId).toMatch(/^req_/);
    const stranger = new Crm({ url: service.origin, key: 'sk_test_nobody' });
    await expect(stranger.opportunities.list()).rejects.toBeInstanceOf(CrmAuthenticationError);
  });

  it('say that nothing responded, and leave it to the caller to stop', async () => {
    const nobody = new Crm({ url: 'http://127.0.0.1:1', key: 'k', maxRetries: 0 });
    await expect(nobody.opportunities.list()).rejects.toBeInstanceOf(CrmConnectionError);
    const reason = new Error('enough');
    await expect(crm.opportunities.list({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('behind a proxy that fails', () => {
  let faults: Fault[] = [];
  let fallback: () => Fault = () => 'none';
  let proxy: FaultProxy;
  let behind: Crm;

  beforeAll(async () => {
    proxy = await startFaultProxy(service.origin, () => faults.shift() ?? fallback());
    behind = new Crm({ url: proxy.url, key: service.api.key ?? '' });
  });
  afterAll(() => proxy.close());

  it('makes 1 000 deals of 1 000 creates', async () => {
    const kinds: Fault[] = ['drop before', 'drop after', '500 before', '500 after', 'cut', 'delay'];
    let count = 0;
    // Every fifth request fails, each kind in turn.
    fallback = () => (++count % 5 === 0 ? (kinds[(count / 5) % kinds.length] ?? 'none') : 'none');
    const before = (await total()) ?? 0;
    const left = Array.from({ length: 1000 }, (_entry, index) => index);
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        while (left.pop() !== undefined) await behind.opportunities.create(DEAL, { maxRetries: 10 });
      }),
    );
    fallback = () => 'none';
    expect(count).toBeGreaterThan(1100);
    expect(await total()).toBe(before + 1000);
  });

  it.each<Fault>(['drop before', 'drop after', '500 after', 'cut'])(
    'repeats an update and a deletion after %s',
    async (fault) => {
      const { id } = await crm.opportunities.create(DEAL);
      faults = [fault];
      expect(await behind.opportunities.update(id, { probability: 7 })).toMatchObject({ probability: 7 });
      faults = [fault];
      expect(await behind.opportunities.delete(id)).toEqual({ id, deleted: true });
      expect(faults).toEqual([]);
    },
  );

  it('follows the events through broken connections', async () => {
    const { next } = await crm.events.list();
    const deal = await crm.opportunities.create(DEAL);
    faults = ['drop after', '500 before', 'cut'];
    const events = behind.events.follow({ after: next, opportunity_id: deal.id });
    const types: string[] = [];
    for await (const { type } of events) {
      types.push(type);
      if (types.length === 1) await crm.opportunities.convert(deal.id);
      if (type === 'opportunity.won') break;
    }
    expect(types).toEqual(['opportunity.created', 'opportunity.updated', 'opportunity.won']);
    expect(faults).toEqual([]);
  });

  it('repeats the creates of docs/clients.md, so that each program makes one deal', async () => {
    const blocks = blocksOf(readDocument('docs/clients.md'));
    const programs = blocks.filter(({ file }) => /^(?:with|create)-/.test(file ?? ''));
    const run = { ...blocks[0], language: 'sh', file: undefined } as Block;
    const text = ['client', 'fetch', 'stripe'].map((way) => `node create-${way}.mjs\n`).join('');
    faults = ['drop after', 'none', '500 after', 'none', 'drop before', 'none'];
    const before = (await total()) ?? 0;
    const surroundings = { origin: proxy.url, key: service.api.key ?? '', databaseUrl: service.database.url };
    const [printed] = await runBlocks(
      [...programs, { ...run, text: `export KEY=$(cat .data/api-key)\n${text}` }],
      surroundings,
    );
    expect(printed).toEqual({ stdout: expect.stringMatching(/^(?:opportunity_\w{26}\n){3}$/) as string, stderr: '' });
    expect([await total(), faults]).toEqual([before + 3, []]);
  });

  it('does not take an object that never was for one that an earlier attempt deleted', async () => {
    let refusals = 1;
    const refusing: typeof fetch = (input, init) =>
      refusals-- > 0 ? Promise.resolve(new Response('{}', { status: 429 })) : fetch(input, init);
    const refused = new Crm({ url: service.origin, key: service.api.key ?? '', fetch: refusing });
    await expect(refused.opportunities.delete('opportunity_x')).rejects.toMatchObject({ status: 404 });
    expect(refusals).toBe(-1);
  });

  it('does not repeat a conditional write of unknown outcome', async () => {
    const deal = await behind.opportunities.create(DEAL);
    faults = ['500 after'];
    await expect(behind.opportunities.update(deal.id, { probability: 7 }, { ifMatch: deal })).rejects.toBeInstanceOf(
      CrmServerError,
    );
    expect(await crm.opportunities.retrieve(deal.id)).toMatchObject({ probability: 7 });
  });
});

it('follows the events through a restart of the service', async () => {
  const database = await cloneDatabase();
  const [PORT, key] = [await freePort(), generateKey('test')];
  const environment = { PORT, DATABASE_URL: database.url, BOOTSTRAP_API_KEY: key };
  const start = (): Promise<StartedService> => new StartedService(tmpdir(), environment).started();
  let running = await start();
  try {
    const client = new Crm({ url: `http://127.0.0.1:${PORT}`, key });
    const deal = await client.opportunities.create(DEAL);
    const types: string[] = [];
    for await (const { type } of client.events.follow({ after: 'beginning', opportunity_id: deal.id })) {
      types.push(type);
      if (type === 'opportunity.won') {
        // The next call of `follow` meets a service that is gone.
        await running.kill();
        setTimeout(() => void start().then((next) => (running = next)), 500);
      }
      if (type === 'opportunity.created') await client.opportunities.convert(deal.id);
      if (type === 'opportunity.won') await client.opportunities.reopen(deal.id, { maxRetries: 10 });
      if (type === 'opportunity.reopened') break;
    }
    const changed = ['won', 'reopened'].flatMap((kind) => ['opportunity.updated', `opportunity.${kind}`]);
    expect(types).toEqual(['opportunity.created', ...changed]);
  } finally {
    await running.kill();
    await database.drop();
  }
});

describe('unwrap', () => {
  const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const BODY = '{"test": 2432232314}';
  const headers = {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,bm90aGluZw== v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  };
  const now = 1614265330_000;

  it('gives the event of a delivery that is signed, as the library of Standard Webhooks signs it', async () => {
    expect(await unwrap(BODY, headers, SECRET, { now })).toEqual({ test: 2432232314 });
    const at = new Date();
    const signature = new Webhook(SECRET).sign('evt_1', at, BODY);
    const fresh = {
      'Webhook-Id': 'evt_1',
      'Webhook-Timestamp': String(Math.floor(at.getTime() / 1000)),
      'Webhook-Signature': signature,
    };
    expect(await unwrap(BODY, fresh, SECRET)).toEqual({ test: 2432232314 });
    expect(await crm.webhooks.unwrap(BODY, new Headers(fresh), SECRET)).toEqual({ test: 2432232314 });
  });

  it.each([
    ['another body', '{"test": 1}', headers, SECRET, now],
    ['another secret', BODY, headers, 'whsec_AAAA', now],
    ['an old timestamp', BODY, headers, SECRET, now + 301_000],
    ['no timestamp', BODY, { ...headers, 'webhook-timestamp': undefined }, SECRET, now],
    ['a signature that is none', BODY, { ...headers, 'webhook-signature': 'v1,%%% v2' }, SECRET, now],
  ])('refuses %s', async (_what, body, given, secret, at) => {
    await expect(unwrap(body, given, secret, { now: at })).rejects.toBeInstanceOf(CrmWebhookError);
  });
});

describe('the package', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'crm-client-'));
    await installClient(join(directory, 'node_modules'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('has the types of the API document', async () => {
    const document = JSON.parse(await readFile('openapi.json', 'utf8'));
    const types = astToString(await openapiTypescript(document, { defaultNonNullable: false }));
    expect(await readFile('client/src/schema.ts', 'utf8')).toBe(`${COMMENT_HEADER}${types}`);
  });

  it('has at most 500 lines that are written by hand, beside comments', async () => {
    const names = (await readdir('client/src')).filter((name) => name !== 'schema.ts');
    const texts = await Promise.all(names.map((name) => readFile(join('client/src', name), 'utf8')));
    const lines = texts.flatMap((text) => text.replaceAll(/^ *\/\*\*[^]*?\*\/$|^ *\/\/.*$/gm, '').split('\n'));
    expect(lines.filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(500);
  });

  it.each<Compiler>([ts, ts5 as never])(
    'lets programs be compiled strictly by TypeScript $version, against the declarations that it packs',
    async (compiler: Compiler) => {
      const file = join(directory, 'program.mts');
      await writeFile(file, PROGRAM);
      const { options } = compiler.convertCompilerOptionsFromJson(STRICT, directory);
      const program = compiler.createProgram([file], options);
      const complaints = compiler.getPreEmitDiagnostics(program);
      expect(complaints.map(({ messageText }) => messageText)).toEqual([]);
    },
  );
});

type Compiler = Pick<
  typeof ts,
  'version' | 'convertCompilerOptionsFromJson' | 'createProgram' | 'getPreEmitDiagnostics'
>;

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  target: 'es2022',
  module: 'nodenext',
  lib: ['es2023', 'dom', 'dom.asynciterable'],
  types: [],
};

const PROGRAM = `
import { Crm, CrmApiError, type Item, type Page } from 'crm-opportunity-client';
const crm = new Crm({ url: 'http://127.0.0.1:3000', key: 'k' });
const deal = await crm.opportunities.create({ opportunity_from: 'Lead', party_name: 'A', company: 'X', transaction_date: '2026-01-01' });
const page: Page<Item<'listOpportunities'>> = await crm.opportunities.list({ status: 'Open', 'opportunity_amount[gte]': 1000 });
for await (const { title } of crm.opportunities.list()) { const text: string | null = title; void text; }
const item = await crm.items.create({ opportunity_id: deal.id, rate: 1 });
const amount: number = item.amount;
const secret: string | null = (await crm.keys.create({ name: 'n', scopes: ['read'] })).secret;
try { await crm.opportunities.update(deal.id, { probability: 40 }, { ifMatch: deal }); }
catch (error) { if (error instanceof CrmApiError && error.code === 'precondition_failed') void error.errors[0]?.param; }
// @ts-expect-error a number is no text
await crm.opportunities.update(deal.id, { probability: '40' });
// @ts-expect-error there is no such attribute
await crm.opportunities.create({ colour: 'red' });
// @ts-expect-error there is no such filter
crm.opportunities.list({ colour: 'red' });
void [page, amount, secret];
export {};
`;
