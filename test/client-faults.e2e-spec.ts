import { tmpdir } from 'node:os';
import { Crm, CrmServerError } from '../client/src/index.js';
import { generateKey } from '../src/common/ids/api-key.format.js';
import { cloneDatabase } from './support/database.js';
import { blocksOf, readDocument, type Block } from './support/documents.js';
import { startFaultProxy, type Fault, type FaultProxy } from './support/fault-proxy.js';
import { minimal as DEAL } from './support/fixtures.js';
import { runBlocks } from './support/page-shell.js';
import { startService, type Service } from './support/service.js';
import { freePort, StartedService } from './support/started-service.js';

let service: Service;
let crm: Crm;

beforeAll(async () => {
  service = await startService();
  crm = new Crm({ url: service.origin, key: service.api.key ?? '' });
});

afterAll(() => service.stop());

const total = async (): Promise<number | null> => (await crm.opportunities.list({ limit: 1 })).total;

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
    const kinds: Fault[] = ['drop before', 'drop after', '500 before', '500 after', 'cut', 'delay', 'never'];
    const met = new Set<Fault>();
    let count = 0;
    // Every fifth request fails, each kind in turn.
    fallback = () => {
      const fault = ++count % 5 === 0 ? (kinds[(count / 5) % kinds.length] ?? 'none') : 'none';
      met.add(fault);
      return fault;
    };
    const before = (await total()) ?? 0;
    const left = Array.from({ length: 1000 }, (_entry, index) => index);
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        while (left.pop() !== undefined) await behind.opportunities.create(DEAL, { maxRetries: 10, timeout: 2_000 });
      }),
    );
    fallback = () => 'none';
    expect([...met].sort()).toEqual([...kinds, 'none'].sort());
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

  it('does a PUT twice whose response got lost, as its README says', async () => {
    const { id } = await crm.opportunities.create(DEAL);
    faults = ['drop after'];
    const { data } = await behind.opportunities.replaceItems(id, { items: [{ item_name: 'Chair' }] });
    expect(data).toMatchObject([{ item_name: 'Chair' }]);
    const types = (await crm.opportunities.history(id)).data.map(({ type }) => type);
    expect(types.filter((type) => type.startsWith('opportunity_item.')).sort()).toEqual(
      ['created', 'created', 'deleted'].map((kind) => `opportunity_item.${kind}`),
    );
    const { id: importId } = await crm.imports.create({ format: 'csv' });
    faults = ['drop after'];
    await expect(behind.imports.upload(importId, new Blob(['title\n'], { type: 'text/csv' }))).rejects.toMatchObject({
      code: 'import_status_invalid',
    });
    expect((await crm.imports.retrieve(importId)).status).not.toBe('awaiting_upload');
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
