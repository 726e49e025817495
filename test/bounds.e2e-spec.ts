import { request } from 'node:http';
import type { Json } from './support/client.js';
import { addItem, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

let service: Service;

beforeAll(async () => {
  service = await startService({ MAX_CHILDREN: '40', MAX_BATCH_ROWS: '50', MAX_ANSWER_BYTES: '65536' });
});

afterAll(() => service.stop());

const LONG = 'x'.repeat(4000);
const items = (length: number, item: object = {}): object[] => Array.from({ length }, () => item);

describe('a body', () => {
  it('is told its first hundred errors, and how many there are', async () => {
    const operations = Array.from({ length: 50 }, () => ({ method: 'create', body: {} }));
    const { status, body } = await service.api.post('/opportunity/batch', { operations });
    expect([status, body.error.errors.length]).toEqual([400, 100]);
    expect(body.error.message).toBe(
      'operations[0].body.opportunity_from is required. The first 100 of 200 failing parameters are listed.',
    );
  });

  it('is told a hundred over all operations of a batch, and of each at least the first', async () => {
    const unknown = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x${index}`, 1]));
    const operations = Array.from({ length: 50 }, () => ({ method: 'create', body: { ...minimal, ...unknown } }));
    const { status, body } = await service.api.post('/opportunity/batch', { atomic: false, operations });
    const listed = body.data.map(({ error }: Json) => error.errors.length) as number[];
    expect([status, listed.slice(0, 3), new Set(listed.slice(3))]).toEqual([200, [40, 40, 20], new Set([1])]);
    expect(body.data[3].error.message).toContain('The first 1 of 40 failing parameters are listed.');
  });

  it('is refused by the length of a list, whatever is in it', async () => {
    for (const [method, path, body] of await longLists()) {
      const { status, body: answer, text } = await service.api.request(method, path, { body });
      expect([status, answer.error.code, answer.error.errors.length]).toEqual([400, 'children_limit_reached', 1]);
      expect(text.length).toBeLessThan(1000);
    }
  });
});

async function longLists(): Promise<[string, string, object][]> {
  const { id } = await createOpportunity(service.api);
  const ones = Array.from({ length: 20_000 }, () => 1);
  return [
    ['POST', '/opportunity', { ...minimal, items: ones }],
    ['POST', '/opportunity', { ...minimal, lost_reasons: ones }],
    ['PUT', `/opportunity/${id}/items`, { items: ones }],
    ['PUT', `/opportunity/${id}/lost-reasons`, { lost_reasons: ones }],
    ['POST', `/opportunity/${id}/lose`, { lost_reasons: ones }],
  ];
}

describe('a batch', () => {
  const create = (body: object): object => ({ method: 'create', body: { ...minimal, ...body } });

  it('is refused by the rows it would write, whatever is in them', async () => {
    const operations = [create({ items: items(30) }), create({ items: [1], lost_reasons: items(30) })];
    for (const atomic of [true, false]) {
      const { status, body } = await service.api.post('/opportunity/batch', { operations, atomic });
      expect([status, body.error.code, body.error.param]).toEqual([400, 'rows_limit_reached', 'operations']);
      expect(body.error.message).toContain('63 rows');
      expect(body.error.message).toContain('may write at most 50');
    }
    expect((await service.api.get('/opportunity?limit=1&party_name=party_name_example')).body.total).toBeLessThan(2);
  });

  it('may write as many rows as there may be, and with one operation what a single call may', async () => {
    const full = { items: items(40), lost_reasons: items(40, { lost_reason: 'Price' }) };
    const answers = [
      await service.api.post('/opportunity/batch', {
        operations: [create({ items: items(39) }), create({ items: items(9) })],
      }),
      await service.api.post('/opportunity/batch', { operations: [create(full)] }),
      await service.api.post('/opportunity', { ...minimal, ...full }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 201]);
  });
});

describe('an answer', () => {
  let id: string;

  beforeAll(async () => {
    const deal = await createOpportunity(service.api, { title: 'large', items: items(30, { description: LONG }) });
    id = deal.id as string;
  });

  const refused = async (path: string): Promise<void> => {
    const { status, body } = await service.api.get(path);
    expect([status, body.error?.code]).toEqual([400, 'answer_too_large']);
    expect(body.error.message).toBe(
      'The response would be larger than 65536 bytes. Ask for fewer objects with limit, for fewer attributes with fields, or without expand.',
    );
  };

  it.each([
    ['a list with its children', () => '/opportunity?title=large&expand=items'],
    ['an object with its children', () => `/opportunity/${id}?expand=items`],
    ['a list of children', () => `/opportunity-item?parent_id=${id}`],
    ['a history', () => `/opportunity/${id}/history?limit=100`],
  ])('that is %s is refused when it would be too large', (_what, path) => refused(path()));

  it('is given in parts', async () => {
    const part = await service.api.get(`/opportunity-item?parent_id=${id}&limit=10&offset=25`);
    expect(part.body).toMatchObject({ has_more: false, total: 30 });
    expect(part.body.data.map(({ idx }: Json) => idx as number)).toEqual([26, 27, 28, 29, 30]);
    const beyond = await service.api.get(`/opportunity-item?parent_id=${id}&limit=10&offset=9007199254740991`);
    expect(beyond.body).toEqual({ data: [], has_more: false, total: 30 });
  });

  it('is given when it is one object, however large', async () => {
    expect((await service.api.delete(`/opportunity/${id}`)).status).toBe(200);
    const { status, text } = await service.api.get(`/opportunity/${id}/history?limit=1`);
    expect([status, text.length > 65_536]).toEqual([200, true]);
  });

  it('does not keep what is large from being written', async () => {
    const deal = await createOpportunity(service.api, { items: items(30, { description: LONG }) });
    const list = deal.items as Json[];
    const ids = list.map((item) => item.id as string).reverse();
    const reordered = await service.api.post('/opportunity-item/reorder', { parent_id: deal.id, ids });
    expect([reordered.status, reordered.body.data.length]).toEqual([200, 30]);
    const replaced = await service.api.request('PUT', `/opportunity/${deal.id}/items`, {
      body: { items: ids.map((each) => ({ id: each })) },
    });
    expect([replaced.status, replaced.body.data.length]).toEqual([200, 30]);
  });

  it('leaves nothing behind when it is refused', async () => {
    const deal = await createOpportunity(service.api, { items: items(30, { description: LONG }) });
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => service.api.get(`/opportunity/${deal.id}?expand=items`)),
    );
    expect(answers.every(({ status }) => status === 400)).toBe(true);
    const added = await addItem(service.api, deal.id as string);
    expect(added.idx).toBe(31);
  });
});

it('keeps its headers short, whatever the query', async () => {
  const ids = Array.from({ length: 100 }, () => 'opportunity_01jhqz3v5xk8m2n4p6r8t0v2w4');
  const { id } = await createOpportunity(service.api);
  for (const count of [50, 95, 99]) {
    const query = `id[in]=${[...ids.slice(0, count), id].join(',')}&status[in]=Open&include_total=false`;
    const { status, headers } = await service.api.get(`/opportunity?${query}&starting_after=${id}`);
    expect(status).toBe(200);
    expect([...headers].join('\r\n').length).toBeLessThan(8192);
  }
});

it('says how long a request line and headers may be', async () => {
  const text = await new Promise<string>((resolve, reject) => {
    request(`${service.origin}/api/crm/opportunity?q=${'x'.repeat(20_000)}`, (answer) => {
      let all = '';
      answer.on('data', (chunk: Buffer) => (all += chunk.toString()));
      answer.on('end', () => {
        resolve(all);
      });
    })
      .on('error', reject)
      .end();
  });
  const { error } = JSON.parse(text) as { error: object };
  expect(error).toMatchObject({
    code: 'headers_too_large',
    message: 'The request line and headers are larger than the limit of 16384 bytes.',
  });
});
