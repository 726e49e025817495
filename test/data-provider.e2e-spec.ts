import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Client, Json } from './support/client.js';
import { blocksOf, readDocument } from './support/documents.js';
import { addItem, createOpportunity } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

let service: Service;
let api: Client;
let provider: Json;
let directory: string;

beforeAll(async () => {
  service = await startService();
  ({ api } = service);
  directory = await mkdtemp(join(tmpdir(), 'crm-provider-'));
  const block = blocksOf(readDocument('docs/browsers.md')).find(({ file }) => file === 'data-provider.js');
  const path = join(directory, 'data-provider.mjs');
  await writeFile(path, block?.text ?? '');
  const { createDataProvider } = await import(pathToFileURL(path).href);
  provider = createDataProvider(service.origin, () => api.key);
});
afterAll(async () => {
  await service.stop();
  await rm(directory, { recursive: true });
});

const page = { pagination: { page: 1, perPage: 2 }, sort: { field: 'title', order: 'DESC' } };

describe('the data provider of the documents', () => {
  it('lists a page in the order and with the filters that are asked for', async () => {
    const company = 'Listed';
    for (const title of ['B', 'C', 'A']) await createOpportunity(api, { title, company });
    const first = await provider.getList('opportunity', { ...page, filter: { company } });
    expect(first.data.map(({ title }: Json) => title)).toEqual(['C', 'B']);
    expect(first).toMatchObject({ total: 3, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    const second = { pagination: { page: 2, perPage: 2 }, filter: { company, 'title[in]': ['A', 'B', 'C'] } };
    const { data, pageInfo } = await provider.getList('opportunity', { ...page, ...second });
    expect(data.map(({ title }: Json) => title)).toEqual(['A']);
    expect(pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: true });
  });

  it('gets one, several, and the children of one', async () => {
    const [one, two] = [await createOpportunity(api), await createOpportunity(api)];
    const item = await addItem(api, one.id, { item_name: 'Chair' });
    expect((await provider.getOne('opportunity', { id: two.id })).data).toEqual(two);
    expect((await provider.getMany('opportunity', { ids: [two.id] })).data).toEqual([two]);
    const reference = { ...page, target: 'parent_id', id: one.id, filter: {} };
    expect(await provider.getManyReference('opportunity-item', reference)).toMatchObject({ data: [item], total: 1 });
  });

  it('creates, changes only what has changed, and deletes', async () => {
    const data = {
      opportunity_from: 'Lead',
      party_name: 'Acme',
      company: 'Example Corp',
      transaction_date: '2024-01-15',
    };
    const { data: made } = await provider.create('opportunity', { data });
    expect(made).toMatchObject(data);
    await api.patch(`/opportunity/${made.id}`, { title: 'By somebody else' });
    const next = { id: made.id, previousData: made, data: { ...made, probability: 70 } };
    const { data: changed } = await provider.update('opportunity', next);
    expect(changed).toMatchObject({ probability: 70, title: 'By somebody else' });
    expect(await provider.delete('opportunity', { id: made.id, previousData: changed })).toEqual({ data: changed });
    expect((await api.get(`/opportunity/${made.id}`)).status).toBe(404);
  });

  it('changes and deletes several', async () => {
    const ids = [(await createOpportunity(api)).id, (await createOpportunity(api)).id];
    const data = { territory: 'North' };
    expect(await provider.updateMany('opportunity', { ids, data })).toEqual({ data: ids });
    expect((await provider.getMany('opportunity', { ids })).data).toEqual([
      expect.objectContaining(data),
      expect.objectContaining(data),
    ]);
    expect(await provider.deleteMany('opportunity', { ids })).toEqual({ data: ids });
    expect((await api.get(`/opportunity/${String(ids[0])}`)).status).toBe(404);
  });

  it('tells a form which fields are wrong, and the status', async () => {
    const { id } = await createOpportunity(api);
    await expect(provider.update('opportunity', { id, data: { probability: 120 } })).rejects.toMatchObject({
      status: 400,
      message: 'probability must not be greater than 100.',
      body: { errors: { probability: 'probability must not be greater than 100.' } },
    });
    const stranger = { id: 'opportunity_01m81xqr6v4b4xnh6524nshv08' };
    await expect(provider.getOne('opportunity', stranger)).rejects.toMatchObject({ status: 404 });
  });
});
