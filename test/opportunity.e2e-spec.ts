import type { Answer, Json } from './support/client.js';
import { addItem, addReason, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

/** The attributes of the public reference, written out by hand in its order. */
const KEYS = [
  'id',
  'created_at',
  'updated_at',
  'opportunity_from',
  'party_name',
  'customer_name',
  'title',
  'opportunity_type',
  'status',
  'order_lost_reason',
  'expected_closing',
  'currency',
  'opportunity_amount',
  'sales_stage',
  'probability',
  'customer_address',
  'address_display',
  'territory',
  'customer_group',
  'contact_person',
  'contact_display',
  'contact_email',
  'contact_mobile',
  'company',
  'transaction_date',
  'first_response_time',
  'language',
  'base_opportunity_amount',
  'base_total',
  'total',
  'conversion_rate',
  'no_of_employees',
  'annual_revenue',
  'industry',
  'market_segment',
  'opportunity_owner',
  'website',
  'whatsapp',
  'phone',
  'phone_ext',
  'job_title',
  'city',
  'state',
  'country',
  'utm_source',
  'utm_campaign',
  'utm_medium',
  'utm_content',
];

const STATUSES = ['Open', 'Replied', 'Quotation', 'Converted', 'Lost', 'Closed'];
const READ_ONLY = ['id', 'created_at', 'updated_at', 'base_opportunity_amount', 'base_total', 'total'];
const NOT_NULL = [
  'opportunity_from',
  'party_name',
  'status',
  'opportunity_amount',
  'sales_stage',
  'probability',
  'company',
  'transaction_date',
  'conversion_rate',
];

/** A value other than the default for every writable attribute. */
const full = {
  opportunity_from: 'Lead',
  party_name: 'Acme Industries',
  customer_name: 'Acme Industries Ltd',
  title: 'Office chairs',
  opportunity_type: 'Sales',
  status: 'Replied',
  order_lost_reason: 'Too dear\nfor them',
  expected_closing: '2024-02-29',
  currency: 'EUR',
  opportunity_amount: 12500.5,
  sales_stage: 'Proposal',
  probability: 12.5,
  customer_address: 'Acme-Billing',
  address_display: '12 Example Street\nSpringfield',
  territory: 'North',
  customer_group: 'Commercial',
  contact_person: 'CONT-0001',
  contact_display: 'Robin Example',
  contact_email: 'robin@example.com',
  contact_mobile: '+1 555 0100',
  company: 'Example Corp',
  transaction_date: '2024-01-15',
  first_response_time: 5400,
  language: 'en',
  conversion_rate: 2,
  no_of_employees: '11-50',
  annual_revenue: 2500000,
  industry: 'Manufacturing',
  market_segment: 'Middle Income',
  opportunity_owner: 'sam@example.com',
  website: 'https://example.com',
  whatsapp: '+1 555 0101',
  phone: '+1 555 0102',
  phone_ext: '12',
  job_title: 'Buyer',
  city: 'Springfield',
  state: 'Illinois',
  country: 'United States',
  utm_source: 'newsletter',
  utm_campaign: 'spring',
  utm_medium: 'email',
  utm_content: 'banner-2',
};

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const read = async (id: string): Promise<Json> => (await service.api.get(`/opportunity/${id}`)).body;

describe('the examples of the public reference', () => {
  it('retrieve: opportunity_abc123 is not there', async () => {
    expectMissing(await service.api.get('/opportunity/opportunity_abc123'));
  });

  it('list: a page in the envelope', async () => {
    const { status, body } = await service.api.get('/opportunity');
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['data', 'has_more', 'total']);
  });

  it('create: the body creates', async () => {
    const text = `{"opportunity_from":"opportunity_from_example","party_name":"party_name_example","company":"Example Corp","transaction_date":"2024-01-15"}`;
    const { status, body } = await service.api.post('/opportunity', text);
    expect(status).toBe(201);
    expect(body).toMatchObject(JSON.parse(text) as object);
  });

  it('update: opportunity_abc123 is not there', async () => {
    const text = `{"opportunity_from":"opportunity_from_example","party_name":"party_name_example"}`;
    expectMissing(await service.api.patch('/opportunity/opportunity_abc123', text));
  });

  it('delete: opportunity_abc123 is not there', async () => {
    expectMissing(await service.api.delete('/opportunity/opportunity_abc123'));
  });
});

describe('creating an opportunity', () => {
  it('applies the defaults, leaves the rest null and answers the address', async () => {
    const { status, headers, body } = await service.api.post('/opportunity', minimal);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/crm/opportunity/${body.id}`);
    const defaults = {
      status: 'Open',
      sales_stage: 'Prospecting',
      probability: 100,
      opportunity_amount: 0,
      base_opportunity_amount: 0,
      base_total: 0,
      total: 0,
      conversion_rate: 1,
    };
    const nulls = Object.fromEntries(KEYS.map((key) => [key, null]));
    const { id, created_at, updated_at } = body;
    expect(body).toEqual({ ...nulls, ...defaults, ...minimal, id, created_at, updated_at });
    expect((await service.api.get(`/opportunity/${id}`)).body).toEqual(body);
  });

  it('answers exactly the attributes of the reference, in its order, on every route', async () => {
    expect(KEYS).toHaveLength(48);
    const { id, ...created } = await createOpportunity(service.api, full);
    expect(Object.keys({ id, ...created })).toEqual(KEYS);
    expect(Object.keys(await read(id))).toEqual(KEYS);
    expect(Object.keys((await service.api.patch(`/opportunity/${id}`, { city: 'Here' })).body)).toEqual(KEYS);
    expect(Object.keys((await service.api.patch(`/opportunity/${id}`, {})).body)).toEqual(KEYS);
    expect(Object.keys((await service.api.get('/opportunity')).body.data[0])).toEqual(KEYS);
  });

  it('keeps a value for every writable attribute', async () => {
    const created = await createOpportunity(service.api, full);
    expect(created).toMatchObject({ ...full, base_opportunity_amount: 25001 });
    expect(await read(created.id)).toEqual(created);
  });

  it('gives time-sortable ids and equal timestamps in UTC milliseconds', async () => {
    const first = await createOpportunity(service.api);
    const second = await createOpportunity(service.api);
    expect(first.id).toMatch(/^opportunity_[0-9a-z]{26}$/);
    expect(second.id > first.id).toBe(true);
    expect(first.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(first.updated_at).toBe(first.created_at);
  });

  it('keeps an explicit probability of 0', async () => {
    expect((await createOpportunity(service.api, { probability: 0 })).probability).toBe(0);
  });

  it('takes null for every nullable attribute', async () => {
    const nulls = Object.fromEntries(nullable().map((key) => [key, null]));
    expect(await createOpportunity(service.api, nulls)).toMatchObject(nulls);
  });

  it('keeps text as it was sent: spaces, line breaks, other scripts', async () => {
    const title = '  Grüße, 世界 \t\n 👩‍👩‍👧 \u202E ';
    const { id } = await createOpportunity(service.api, { title });
    expect((await read(id)).title).toBe(title);
  });

  it('takes any non-blank word as opportunity_from', async () => {
    expect((await createOpportunity(service.api, { opportunity_from: 'Partner' })).opportunity_from).toBe('Partner');
  });

  it.each(['opportunity_from', 'party_name', 'company', 'transaction_date'])('needs %s', async (name) => {
    const { [name]: _left, ...rest } = minimal as Record<string, string>;
    const { status, body } = await service.api.post('/opportunity', rest);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_missing', param: name });
  });

  it.each(['opportunity_from', 'party_name', 'company'])('needs a %s that is not blank', async (name) => {
    const { status, body } = await service.api.post('/opportunity', { ...minimal, [name]: ' \t ' });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_invalid', param: name });
  });
});

describe('changing an opportunity', () => {
  it('leaves what is absent as it is', async () => {
    const before = await createOpportunity(service.api, full);
    const { status, body } = await service.api.patch(`/opportunity/${before.id}`, { title: 'Tables' });
    expect(status).toBe(200);
    expect(body).toEqual({ ...before, title: 'Tables', updated_at: body.updated_at });
    expect(await read(before.id)).toEqual(body);
  });

  it('clears every nullable attribute with null', async () => {
    const { id } = await createOpportunity(service.api, full);
    const nulls = Object.fromEntries(nullable().map((key) => [key, null]));
    const { status, body } = await service.api.patch(`/opportunity/${id}`, nulls);
    expect(status).toBe(200);
    expect(body).toMatchObject(nulls);
  });

  it.each(NOT_NULL)('refuses null for %s', async (name) => {
    const before = await createOpportunity(service.api);
    const { status, body } = await service.api.patch(`/opportunity/${before.id}`, { title: 'no', [name]: null });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_invalid', param: name });
    expect(await read(before.id)).toEqual(before);
  });

  it.each(['opportunity_from', 'party_name', 'company'])('refuses a blank %s', async (name) => {
    const { id } = await createOpportunity(service.api);
    const { status, body } = await service.api.patch(`/opportunity/${id}`, { [name]: '' });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'parameter_invalid', param: name });
  });

  it('changes nothing with an empty body, not even updated_at', async () => {
    const before = await createOpportunity(service.api, full);
    const { status, body } = await service.api.patch(`/opportunity/${before.id}`, {});
    expect(status).toBe(200);
    expect(body).toEqual(before);
  });

  it('does not apply defaults', async () => {
    const { id } = await createOpportunity(service.api, full);
    const { body } = await service.api.patch(`/opportunity/${id}`, { title: 'x' });
    expect(body).toMatchObject({ status: 'Replied', sales_stage: 'Proposal', probability: 12.5, conversion_rate: 2 });
  });

  it.each(STATUSES)('may set the status %s from any other', async (status) => {
    for (const from of STATUSES) {
      const { id } = await createOpportunity(service.api, { status: from });
      const answer = await service.api.patch(`/opportunity/${id}`, { status });
      expect([answer.status, answer.body.status]).toEqual([200, status]);
    }
  });

  it('takes back a whole object in which one attribute was changed', async () => {
    const { id } = await createOpportunity(service.api, full);
    await addItem(service.api, id, { qty: 2, rate: 10 });
    const whole = await read(id);
    const { status, body } = await service.api.patch(`/opportunity/${id}`, { ...whole, title: 'Tables' });
    expect(status).toBe(200);
    expect(body).toEqual({ ...whole, title: 'Tables', updated_at: body.updated_at });
  });

  it('answers 404 to a second delete and to everything else after it', async () => {
    const { id } = await createOpportunity(service.api);
    expect((await service.api.delete(`/opportunity/${id}`)).status).toBe(200);
    expectMissing(await service.api.delete(`/opportunity/${id}`));
    expectMissing(await service.api.get(`/opportunity/${id}`));
    expectMissing(await service.api.patch(`/opportunity/${id}`, { title: 'x' }));
    expectMissing(await service.api.patch(`/opportunity/${id}`, {}));
    expectMissing(await service.api.patch(`/opportunity/${id}`, { conversion_rate: 2 }));
  });
});

describe('read-only attributes', () => {
  const sent = {
    id: 'opportunity_mine',
    created_at: '2001-01-01T00:00:00.000Z',
    updated_at: 7,
    base_opportunity_amount: 1,
    base_total: 'x',
    total: null,
  };

  it('are ignored when an object is created', async () => {
    const body = await createOpportunity(service.api, sent);
    expect(body.id).not.toBe(sent.id);
    expect(body).toMatchObject({ base_opportunity_amount: 0, base_total: 0, total: 0 });
    expect(body.created_at > '2020').toBe(true);
  });

  it('alone change nothing, not even updated_at', async () => {
    const before = await createOpportunity(service.api);
    const { status, body } = await service.api.patch(`/opportunity/${before.id}`, sent);
    expect(status).toBe(200);
    expect(body).toEqual(before);
  });

  it.each(READ_ONLY)('are refused with Prefer: handling=strict: %s', async (name) => {
    const prefer = { prefer: 'handling=strict' };
    const { id } = await createOpportunity(service.api);
    for (const answer of [
      await service.api.post('/opportunity', { ...minimal, [name]: 1 }, prefer),
      await service.api.patch(`/opportunity/${id}`, { [name]: 1 }, prefer),
    ]) {
      expect(answer.status).toBe(400);
      expect(answer.body.error).toMatchObject({ code: 'parameter_read_only', param: name });
    }
  });

  it('are all named by a strict refusal, which writes nothing', async () => {
    const before = await createOpportunity(service.api);
    const body = { ...before, title: 'x' };
    const answer = await service.api.patch(`/opportunity/${before.id}`, body, { prefer: 'handling=strict' });
    expect(answer.status).toBe(400);
    expect(answer.body.error.errors.map(({ param }: Json) => param).sort()).toEqual([...READ_ONLY].sort());
    expect(await read(before.id)).toEqual(before);
  });

  it.each(['handling=lenient', 'respond-async', 'handling=strictly'])('are ignored with Prefer: %s', async (prefer) => {
    const { id } = await createOpportunity(service.api);
    expect((await service.api.patch(`/opportunity/${id}`, { total: 5 }, { prefer })).status).toBe(200);
  });
});

describe('updated_at', () => {
  it('moves on every change of the opportunity and of its children', async () => {
    const { id, created_at } = await createOpportunity(service.api);
    const items = [await addItem(service.api, id), await addItem(service.api, id)].map((item) => item.id as string);
    const reasons = [await addReason(service.api, id), await addReason(service.api, id, 'Time')].map(
      (reason) => reason.id as string,
    );
    const [item = '', reason = ''] = [items[0], reasons[0]];
    const changes: Record<string, () => Promise<Answer>> = {
      title: () => service.api.patch(`/opportunity/${id}`, { title: 'x' }),
      conversion_rate: () => service.api.patch(`/opportunity/${id}`, { conversion_rate: 2 }),
      'item added': () => service.api.post('/opportunity-item', { opportunity_id: id, idx: 1 }),
      'item changed': () => service.api.patch(`/opportunity-item/${item}`, { brand: 'x' }),
      'item moved': () => service.api.patch(`/opportunity-item/${item}`, { idx: 1 }),
      'item deleted': () => service.api.delete(`/opportunity-item/${item}`),
      'reason added': () =>
        service.api.post('/opportunity-lost-reason-detail', { opportunity_id: id, lost_reason: 'x', idx: 3 }),
      'reason changed': () => service.api.patch(`/opportunity-lost-reason-detail/${reason}`, { lost_reason: 'y' }),
      'reason moved': () => service.api.patch(`/opportunity-lost-reason-detail/${reason}`, { idx: 2 }),
      'reason deleted': () => service.api.delete(`/opportunity-lost-reason-detail/${reason}`),
    };
    let last = (await read(id)).updated_at;
    for (const [name, change] of Object.entries(changes)) {
      expect([name, (await change()).status < 300]).toEqual([name, true]);
      const now = await read(id);
      expect([name, now.updated_at > last]).toEqual([name, true]);
      expect(now.created_at).toBe(created_at);
      last = now.updated_at;
    }
  });

  it('moves when children are reordered', async () => {
    const { id } = await createOpportunity(service.api);
    const ids = [await addItem(service.api, id), await addItem(service.api, id)].map((item) => item.id as string);
    const { updated_at } = await read(id);
    await service.api.post('/opportunity-item/reorder', { parent_id: id, ids: ids.reverse() });
    expect((await read(id)).updated_at > updated_at).toBe(true);
  });

  it('moves even when the clock has gone back', async () => {
    const { id } = await createOpportunity(service.api);
    await service.database.query(`update opportunity set updated_at = '2199-01-01T00:00:00Z' where id = $1`, [id]);
    const { body } = await service.api.patch(`/opportunity/${id}`, { title: 'x' });
    expect(body.updated_at).toBe('2199-01-01T00:00:00.001Z');
  });

  it('grows with every version, whatever the changes waited for each other', async () => {
    const { id } = await createOpportunity(service.api);
    const change = (_none: unknown, at: number) => {
      const body = [{ title: `Title ${at}` }, { probability: at }, { opportunity_amount: at }][at % 3];
      return service.api.patch(`/opportunity/${id}`, body);
    };
    const answers = await Promise.all(Array.from({ length: 18 }, change));
    const changed = answers
      .map(({ headers, body }) => ({ version: Number(headers.get('etag')?.slice(1, -1)), at: String(body.updated_at) }))
      .sort((one, other) => one.version - other.version);
    expect(new Set(changed.map(({ version }) => version)).size).toBe(18);
    expect(changed.map(({ at }) => at)).toEqual([...new Set(changed.map(({ at }) => at))].sort());
  });

  it('stays when a change is refused', async () => {
    const { id, updated_at } = await createOpportunity(service.api);
    const item = await addItem(service.api, id, { qty: 1e6 });
    const before = await read(id);
    expect(before.updated_at > updated_at).toBe(true);
    expect((await service.api.patch(`/opportunity-item/${item.id}`, { rate: 1e6 })).status).toBe(400);
    expect((await service.api.post('/opportunity-item', { opportunity_id: id, idx: 0 })).status).toBe(400);
    expect(await read(id)).toEqual(before);
  });
});

describe('deleting an opportunity', () => {
  it('takes its children with it', async () => {
    const { id } = await createOpportunity(service.api);
    const item = await addItem(service.api, id);
    const reason = await addReason(service.api, id);
    const { status, text } = await service.api.delete(`/opportunity/${id}`);
    expect([status, text]).toEqual([200, `{"id":"${id}","deleted":true}`]);
    expect((await service.api.get(`/opportunity-item/${item.id}`)).status).toBe(404);
    expect((await service.api.get(`/opportunity-lost-reason-detail/${reason.id}`)).status).toBe(404);
  });

  it('leaves the children of others alone', async () => {
    const [gone, kept] = [await createOpportunity(service.api), await createOpportunity(service.api)];
    await addItem(service.api, gone.id);
    const item = await addItem(service.api, kept.id);
    await service.api.delete(`/opportunity/${gone.id}`);
    expect((await service.api.get(`/opportunity-item/${item.id}`)).body).toEqual(item);
  });
});

function nullable(): string[] {
  return Object.keys(full).filter((key) => !NOT_NULL.includes(key));
}

function expectMissing({ status, body }: Answer): void {
  expect(status).toBe(404);
  expect(body.error).toMatchObject({ type: 'invalid_request_error', code: 'resource_missing' });
}
