import { gzipSync } from 'node:zlib';
import { minimal } from './support/fixtures.js';
import {
  checkedImport,
  CSV_TYPE,
  makeImport,
  NDJSON_TYPE,
  ran,
  resultsOf,
  settled,
  upload,
} from './support/imports.js';
import { startService, type Service } from './support/service.js';

const MOST_BYTES = 300_000;

let service: Service;
beforeAll(async () => {
  service = await startService({ RATE_LIMIT_REQUESTS: '0', IMPORT_LIMIT_BYTES: String(MOST_BYTES) });
});
afterAll(() => service.stop());

const HEAD = 'external_id,title,opportunity_from,party_name,company,transaction_date';

async function deals(): Promise<Record<string, unknown>[]> {
  const { body } = await service.api.get(
    '/opportunity?fields=*,external_id&expand=items,lost_reasons&sort=id&limit=100',
  );
  return body.data;
}

it('checks a file, runs it, and tells what became of each row', async () => {
  const file =
    `${HEAD};items.item_name;items.qty;probability\n`.replaceAll(',', ';') +
    'A-1;Chairs;Lead;Acme;Us;2024-01-15;Chair;2;40\n;;;;;;Desk;1;\nA-2;"Lamps\nand more";Lead;Acme;Us;2024-01-15;;;140\nA-3;Desks;Lead;Acme;Us;2024-01-15;;;\nA-1;Chairs;Lead;Acme;Us;2024-01-15;;;\n';
  const checked = await checkedImport(service.api, { format: 'csv', mapping: { Absent: 'title' } }, file);
  expect(checked).toMatchObject({
    ...{ status: 'checked', rows: 4, created: 2, updated: 0, unchanged: 0, failed: 2, unprocessed: 0, progress: 1 },
    file: { bytes: file.length, delimiter: ';' },
    errors: [
      { line: 4, param: 'probability', code: 'parameter_invalid', external_id: 'A-2' },
      { line: 7, param: 'external_id', code: 'duplicate_in_file', external_id: 'A-1' },
    ],
    warnings: [{ line: 1, param: 'Absent', code: 'column_missing' }],
  });
  expect(checked.columns.slice(0, 2)).toEqual([
    { header: 'external_id', attribute: 'external_id', filled: 4, samples: ['A-1', 'A-2', 'A-3'] },
    { header: 'title', attribute: 'title', filled: 4, samples: ['Chairs', 'Lamps\nand more', 'Desks'] },
  ]);
  expect(await deals()).toEqual([]);
  const done = await ran(service.api, checked.id);
  expect(done).toMatchObject({ status: 'succeeded_with_errors', rows: 4, created: 2, failed: 2, progress: 1 });
  expect(await deals()).toMatchObject([
    {
      external_id: 'A-1',
      title: 'Chairs',
      probability: 40,
      items: [{ item_name: 'Chair', qty: 2 }, { item_name: 'Desk' }],
    },
    { external_id: 'A-3', title: 'Desks', probability: 100, items: [] },
  ]);
  const results = await resultsOf(service.api, checked.id);
  expect(results.map(({ line, external_id, outcome }) => [line, external_id, outcome])).toEqual([
    [2, 'A-1', 'created'],
    [4, 'A-2', 'failed'],
    [6, 'A-3', 'created'],
    [7, 'A-1', 'failed'],
  ]);
  const { body: events } = await service.api.get('//api/events?after=beginning&types=opportunity.created');
  expect(events.data.map(({ import_id }: { import_id: string }) => import_id)).toEqual([checked.id, checked.id]);
  const { text: errors } = await service.api.get(`//api/imports/${checked.id}/errors.csv`);
  expect(errors.split('\r\n').slice(0, 2)).toEqual([
    `${HEAD},items.item_name,items.qty,probability,_line,_param,_code,_message`.replaceAll(',', ';'),
    'A-2;"Lamps\nand more";Lead;Acme;Us;2024-01-15;;;140;4;probability;parameter_invalid;probability must not be greater than 100.',
  ]);
  const again = await checkedImport(service.api, { format: 'csv' }, file);
  expect(again).toMatchObject({ created: 0, updated: 0, unchanged: 2, failed: 2 });
});

const BODY = { opportunity_from: 'Lead', party_name: 'Acme', company: 'Us', transaction_date: '2024-01-15' };
const csv = (...rows: string[]): string => `${HEAD}\n${rows.map((row) => `${row},Lead,Acme,Us,2024-01-15\n`).join('')}`;
const lines = (...rows: object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

interface RowProblem {
  line: number;
  param: string;
  code: string;
}

describe('a run', () => {
  beforeEach(async () => {
    for (const { id } of await deals()) await service.api.delete(`/opportunity/${id as string}`);
  });

  it('updates by the key, keeps or replaces children, and leaves alone what is the same', async () => {
    const items = [{ external_id: 'x', item_name: 'X' }, { item_name: 'Y' }];
    await service.api.post('/opportunity', { ...BODY, external_id: 'B-1', title: 'Old', items });
    const change = { external_id: 'B-1', title: 'New', items: [{ external_id: 'x', qty: 5 }, { item_name: 'Z' }] };
    const keep = { format: 'ndjson', mode: 'update' };
    const checked = await checkedImport(service.api, keep, lines(change), NDJSON_TYPE);
    expect(checked).toMatchObject({ rows: 1, updated: 1, failed: 0, columns: [], file: { delimiter: null } });
    expect(await ran(service.api, checked.id)).toMatchObject({ status: 'succeeded', updated: 1 });
    const [kept] = await deals();
    expect(kept).toMatchObject({
      title: 'New',
      items: [{ item_name: 'X', qty: 5 }, { item_name: 'Y' }, { item_name: 'Z' }],
    });
    const replacing = lines({ external_id: 'B-1', items: [{ item_name: 'Z' }] });
    const second = await checkedImport(service.api, { ...keep, children: 'replace' }, replacing, NDJSON_TYPE);
    await ran(service.api, second.id);
    expect((await deals())[0]).toMatchObject({ items: [{ item_name: 'Z' }] });
    const third = await checkedImport(service.api, { ...keep, children: 'replace' }, replacing, NDJSON_TYPE);
    expect(third).toMatchObject({ unchanged: 1, updated: 0 });
  });

  it('finds deals and children by their own ids where it is told to', async () => {
    const items = [{ item_name: 'X' }, { item_name: 'Y' }];
    const { body: deal } = await service.api.post('/opportunity?expand=items', { ...BODY, title: 'Old', items });
    const [first, second] = deal.items as { id: string }[];
    const rows = [
      { id: deal.id, title: 'New', items: [{ id: second?.id, qty: 5 }, { item_name: 'Z' }] },
      { ...BODY, title: 'Added' },
      { id: 'opportunity_unknown', title: 'x' },
      { id: deal.id, title: 'again' },
      { ...BODY, id: null, items: [{ id: first?.id, item_name: 'a copy' }] },
    ];
    const options = { format: 'ndjson', match_by: 'id', children: 'replace' };
    const checked = await checkedImport(service.api, options, lines(...rows), NDJSON_TYPE);
    const done = await ran(service.api, checked.id);
    expect(done).toMatchObject({ created: checked.created, updated: 1, failed: 2 });
    expect(done.errors.map(({ line, param, code }: RowProblem) => [line, param, code])).toEqual([
      [3, 'id', 'resource_missing'],
      [4, 'id', 'duplicate_in_file'],
    ]);
    expect(await deals()).toMatchObject([
      { id: deal.id, title: 'New', items: [{ id: second?.id, item_name: 'Y', qty: 5 }, { item_name: 'Z' }] },
      { title: 'Added', items: [] },
      { items: [{ item_name: 'a copy' }] },
    ]);
    const foreign = lines({ id: deal.id, items: [{ id: 'opportunity-item_unknown' }] });
    const refused = await checkedImport(service.api, options, foreign, NDJSON_TYPE);
    expect(refused.errors).toMatchObject([{ line: 1, param: 'items[0].id', code: 'resource_missing' }]);
  });

  it('isolates a row that only the database refuses, and keeps the past of a deal', async () => {
    const past = {
      created_at: '2020-01-01 10:00:00',
      stage_entered_at: '2020-02-01',
      won_at: '2020-03-01T00:00:00+01:00',
    };
    const rows = [
      { ...BODY, external_id: 'C-1', status: 'Converted', ...past },
      { ...BODY, external_id: 'C-2', items: [{ qty: 1e11, rate: 1e11 }] },
      { ...BODY, external_id: 'C-3', lost_at: '2020-01-01' },
      { ...BODY, external_id: 'C-4', colour: 'red' },
      { ...BODY, external_id: 'C-5' },
    ];
    const options = { format: 'ndjson', timezone: 'Europe/Berlin' };
    const { id } = await checkedImport(service.api, options, `${lines(...rows)}\nnonsense\n`, NDJSON_TYPE);
    const done = await ran(service.api, id);
    expect(done).toMatchObject({ status: 'succeeded_with_errors', created: 2, failed: 4 });
    expect(done.errors.map(({ line, param, code }: RowProblem) => [line, param, code])).toEqual([
      [2, 'items', 'amount_out_of_range'],
      [3, 'lost_at', 'parameter_invalid'],
      [4, 'colour', 'parameter_unknown'],
      [7, '', 'json_invalid'],
    ]);
    const times = 'external_id,created_at,stage_entered_at,won_at';
    const { body } = await service.api.get(`/opportunity?fields=${times}&sort=external_id`);
    expect(body.data[0]).toEqual({
      ...{ external_id: 'C-1', created_at: '2020-01-01T09:00:00.000Z', stage_entered_at: '2020-01-31T23:00:00.000Z' },
      won_at: '2020-02-29T23:00:00.000Z',
    });
    const { text } = await service.api.get(`//api/imports/${id}/errors.ndjson`);
    const last = JSON.parse(text.trim().split('\n').at(-1) ?? '') as object;
    expect(last).toMatchObject({ _raw: 'nonsense', _line: 7, _param: '', _code: 'json_invalid' });
    expect((await service.api.get(`//api/imports/${id}/errors.csv`)).status).toBe(404);
  });

  it('stops at the first failing row where it is told to, as the check has said', async () => {
    const options = { format: 'csv', on_error: 'stop' };
    const checked = await checkedImport(service.api, options, csv('D-1,a', ',b', 'D-3,c'));
    const counts = { rows: 3, created: 1, failed: 1, unprocessed: 1 };
    expect(checked).toMatchObject({ status: 'checked', ...counts });
    const error = { code: 'parameter_missing', line: 3, param: 'external_id' };
    expect(await ran(service.api, checked.id)).toMatchObject({ status: 'failed', ...counts, error });
    const outcomes = (await resultsOf(service.api, checked.id)).map(({ outcome }) => outcome as string);
    expect(outcomes).toEqual(['created', 'failed', 'unprocessed']);
    expect(await deals()).toHaveLength(1);
  });

  it('is reverted but for what has changed since', async () => {
    const { id } = await checkedImport(service.api, { format: 'csv' }, csv('E-1,a', 'E-2,b', 'E-3,c'));
    await ran(service.api, id);
    const [first] = await deals();
    await service.api.patch(`/opportunity/${first?.['id'] as string}`, { title: 'changed' });
    expect((await service.api.post(`//api/imports/${id}/revert`, undefined)).status).toBe(202);
    expect(await settled(service.api, id)).toMatchObject({ status: 'reverted', revert: { deleted: 2, kept: 1 } });
    expect(await deals()).toMatchObject([{ external_id: 'E-1' }]);
    const reverted = (await resultsOf(service.api, id)).map((row) => row.reverted as boolean);
    expect(reverted).toEqual([false, true, true]);
  });

  it('goes on behind the last transaction where it broke off, and writes no row twice', async () => {
    const rows = Array.from({ length: 600 }, (_, index) => `F-${index},t${index}`);
    const { id } = await checkedImport(service.api, { format: 'csv' }, csv(...rows));
    await service.database.query(`create function dies() returns trigger language plpgsql as $$ begin
        if old.status = 'running' and old.created = 250 and new.created > 250 then raise exception 'dies'; end if;
        return new; end $$;
      create trigger dies before update on import for each row execute function dies();`);
    await service.api.post(`//api/imports/${id}/run`, undefined);
    for (let created = 0; created < 250;) created = (await service.api.get(`//api/imports/${id}`)).body.created;
    // As a process leaves it that has died: the lease of another one, which has run out.
    await service.database.query(`drop trigger dies on import; drop function dies();
      update import set lease = 'lease_of_the_dead', leased_until = now() - interval '1 second' where id = '${id}'`);
    expect(await settled(service.api, id)).toMatchObject({ status: 'succeeded', created: 600, progress: 1 });
    const { body } = await service.api.get('/opportunity?sort=id&fields=external_id&limit=100&offset=500');
    expect(body.total).toBe(600);
    expect(body.data.at(-1)).toEqual({ external_id: 'F-599' });
  });
});

describe('a file', () => {
  it.each([
    ['', { code: 'file_empty', line: null }],
    ['title,title\n', { code: 'header_invalid', line: 1, param: 'title' }],
    ['transaction_date\n01/02/2024\n', { code: 'date_ambiguous', line: 1, param: 'transaction_date' }],
    ['title\n"open\n', { code: 'csv_invalid', line: 2 }],
    ['Column Labels:,a\n', { code: 'header_invalid' }],
  ])('%j cannot be read: %j', async (file, error) => {
    expect(await checkedImport(service.api, { format: 'csv' }, file)).toMatchObject({ status: 'failed', error });
  });

  it('may come as gzip, from ERPNext, or with a header alone', async () => {
    const header = 'ID,Opportunity From,Party,Company,Opportunity Date,First Response Time,Qty (Items),Series,Total';
    const file = `${header}\nOPP-1,Lead,Acme,Us,2024-01-15,1h 5m,3,S,0\n,,,,,,4,,\n`;
    const id = await makeImport(service.api, { format: 'erpnext_csv' });
    const sent = await fetch(`${service.origin}/api/imports/${id}/file`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${service.api.key ?? ''}`, ...CSV_TYPE, 'content-encoding': 'gzip' },
      body: gzipSync(file),
    });
    expect(sent.status).toBe(202);
    const warnings = [{ param: 'Series', code: 'column_ignored' }];
    expect(await settled(service.api, id)).toMatchObject({ status: 'checked', rows: 1, created: 1, warnings });
    await ran(service.api, id);
    expect(await checkedImport(service.api, { format: 'csv' }, 'title\n')).toMatchObject({
      status: 'checked',
      rows: 0,
    });
    const data = { name: 'OPP-1', first_response_time: 3900, docstatus: 0, title: '' };
    const json = await checkedImport(service.api, { format: 'erpnext_json' }, lines({ data }), NDJSON_TYPE);
    expect(json).toMatchObject({ unchanged: 1, warnings: [{ param: 'docstatus' }] });
  });

  it('is refused in another form, a second time, or where it is too large', async () => {
    const id = await makeImport(service.api, { format: 'csv' });
    for (const type of ['application/json', 'application/x-ndjson', 'text/csv; charset=latin1', 'text/plain'])
      expect([type, (await upload(service.api, id, 'title\n', { 'content-type': type })).status]).toEqual([type, 415]);
    const noGzip = await upload(service.api, id, 'title\n', { ...CSV_TYPE, 'content-encoding': 'gzip' });
    expect(noGzip.body.error.code).toBe('json_invalid');
    const early = await service.api.post(`//api/imports/${id}/run`, undefined);
    expect(early.body.error.code).toBe('import_status_invalid');
    expect((await upload(service.api, id, 'title\n')).status).toBe(202);
    expect((await upload(service.api, id, 'title\n')).body.error.code).toBe('import_status_invalid');
    expect((await service.api.post('/opportunity', 'title\n', CSV_TYPE)).status).toBe(415);
    const large = await makeImport(service.api, { format: 'csv' });
    expect((await upload(service.api, large, 'x'.repeat(MOST_BYTES + 1))).status).toBe(413);
    expect((await upload(service.other, large, 'title\n')).status).toBe(404);
    expect(await settled(service.api, large)).toMatchObject({ status: 'awaiting_upload', file: null });
    const { body } = await service.api.post(`//api/imports/${large}/cancel`, undefined);
    expect(body).toMatchObject({ status: 'cancelled' });
  });
});

it('takes a hundred imports that have not ended, however many are made at once, and another one once one ends', async () => {
  const api = await service.clientWith({ workspace: 'busy' });
  const answers = await Promise.all(Array.from({ length: 104 }, () => api.post('//api/imports', { format: 'csv' })));
  const refused = answers.filter(({ status }) => status !== 201);
  expect(refused.map(({ status, body }) => [status, body.error.code])).toEqual(
    Array.from({ length: 4 }, () => [409, 'imports_limit_reached']),
  );
  const id = answers.find(({ status }) => status === 201)?.body.id as string;
  expect((await api.post(`//api/imports/${id}/cancel`, undefined)).status).toBe(202);
  expect((await api.post('//api/imports', { format: 'csv' })).status).toBe(201);
  expect((await api.post('//api/imports', { format: 'csv' })).status).toBe(409);
});

it.each([
  [
    'csv',
    CSV_TYPE,
    (key: string, city: string) => `${key},T,Lead,P,C,2024-01-15,${city}\n`,
    ',,,,,,,3,,body_too_large,The row has more than 16 MiB. It is left out here.',
  ],
  [
    'ndjson',
    NDJSON_TYPE,
    (external_id: string, city: string) => `${JSON.stringify({ ...minimal, external_id, city })}\n`,
    '{"_line":2,"_param":"","_code":"body_too_large","_message":"The row has more than 16 MiB. It is left out here."}',
  ],
])('refuses a row of %s that has more than 16 MiB, and takes those beside it', async (format, type, rowOf, said) => {
  const large = await startService({}, service.database);
  try {
    const api = await large.clientWith({ workspace: `large-${format}` });
    const head = format === 'csv' ? `${HEAD},city\n` : '';
    const file = head + rowOf('L-1', 'Rome') + rowOf('L-2', 'x'.repeat(16 * 1024 * 1024)) + rowOf('L-3', 'Oslo');
    const checked = await checkedImport(api, { format }, file, type);
    expect(checked).toMatchObject({ status: 'checked', rows: 3, created: 2, failed: 1 });
    expect(checked.errors).toMatchObject([{ code: 'body_too_large', message: 'The row has more than 16 MiB.' }]);
    const { text } = await api.get(`//api/imports/${checked.id}/errors.${format}`);
    expect(text.trim().split('\r\n').at(-1)).toBe(said);
  } finally {
    await large.app.close();
  }
});

it('refuses what does not fit', async () => {
  const refused = async (body: object): Promise<string> =>
    (await service.api.post('//api/imports', body)).body.error.param as string;
  expect(await refused({})).toBe('format');
  const targets = ['nonsense', 'Title', 'total', 'items.idx', 'lost_reasons.opportunity_id'];
  const keys = ['metadata.a b!', 'items.metadata.', 'metadata.__proto__', `metadata.${'x'.repeat(41)}`];
  for (const target of [...targets, ...keys])
    expect([target, await refused({ format: 'csv', mapping: { 'Deal name': target } })]).toEqual([
      target,
      'mapping.Deal name',
    ]);
  for (const name of ['nonsense', 'total', 'id', 'items', 'metadata.region', 'external_id'])
    expect(await refused({ format: 'csv', defaults: { [name]: '1' } })).toBe(`defaults.${name}`);
  expect(await refused({ format: 'csv', defaults: { probability: 200 } })).toBe('defaults.probability');
  expect(await refused({ format: 'csv', defaults: { metadata: { 'a b!': 'x' } } })).toBe('defaults.metadata.a b!');
  expect(await refused({ format: 'ndjson', decimal: ',' })).toBe('decimal');
  expect(await refused({ format: 'erpnext_csv', match_by: 'id' })).toBe('match_by');
  expect(await refused({ format: 'csv', timezone: 'Mars' })).toBe('timezone');
  expect(await refused({ format: 'csv', extra: 1 })).toBe('extra');
});

it('takes a file as a spreadsheet saves it, and changes nothing when it comes again', async () => {
  const file =
    '\ufeffExternal ID;Title;Opportunity From;Party Name;Company;Transaction Date;Opportunity Amount\r\n' +
    'S-1;Stühle;Lead;Müller & Söhne;Möbel GmbH;31.01.2024;"1.234,5"\r\n' +
    'S-2;"Zwei; mit Rand";Lead;Weiß;Möbel GmbH;01.02.2024;0,01\r\n;;;;;;\r\n';
  const options = { format: 'csv', decimal: ',' };
  const { id } = await checkedImport(service.api, options, file);
  expect(await ran(service.api, id)).toMatchObject({ status: 'succeeded', rows: 2, created: 2 });
  const { body: found } = await service.api.get('/opportunity?company=M%C3%B6bel%20GmbH&sort=id');
  expect(found.data).toMatchObject([
    { title: 'Stühle', party_name: 'Müller & Söhne', transaction_date: '2024-01-31', opportunity_amount: 1234.5 },
    { title: 'Zwei; mit Rand', party_name: 'Weiß', transaction_date: '2024-02-01', opportunity_amount: 0.01 },
  ]);
  const events = async (): Promise<number> => (await service.database.query('select from event')).length;
  const before = await events();
  const again = await checkedImport(service.api, options, file);
  expect(await ran(service.api, again.id)).toMatchObject({ status: 'succeeded', rows: 2, unchanged: 2, updated: 0 });
  expect(await events()).toBe(before);
});
