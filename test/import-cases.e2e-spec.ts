import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { ImportWorker } from '../src/imports/import-worker.js';
import { RetentionService } from '../src/retention/retention.service.js';
import type { Json } from './support/client.js';
import { createOpportunity, minimal } from './support/fixtures.js';
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
import { until } from './support/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ RATE_LIMIT_REQUESTS: '0' });
});
afterAll(() => service.stop());

const lines = (...rows: object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

describe('a row', () => {
  beforeAll(() => createOpportunity(service.api, { external_id: 'taken' }));

  it.each([
    ['has an external_id that a deal has', { mode: 'create' }, { external_id: 'taken' }, 'external_id_taken'],
    ['has no key to update by', { mode: 'update' }, {}, 'parameter_missing'],
    ['has no key to create or update by', {}, {}, 'parameter_missing'],
    ['names no deal', { mode: 'update' }, { external_id: 'unknown' }, 'resource_missing'],
    ['has no id to update by', { mode: 'update', match_by: 'id' }, { external_id: 'taken' }, 'parameter_missing'],
    ['names no deal by id', { mode: 'update', match_by: 'id' }, { id: 'opportunity_x' }, 'resource_missing'],
    ['names none by id that it could create', { match_by: 'id' }, { id: 'opportunity_x' }, 'resource_missing'],
  ])('that %s fails in the check and in the run', async (_what, options, row, code) => {
    const file = lines({ ...minimal, ...row });
    const checked = await checkedImport(service.api, { format: 'ndjson', ...options }, file, NDJSON_TYPE);
    const param = 'match_by' in options ? 'id' : 'external_id';
    for (const state of [checked, await ran(service.api, checked.id)])
      expect(state).toMatchObject({ rows: 1, failed: 1, errors: [{ line: 1, param, code }] });
  });

  it('that has too many cells keeps its key from a later row, and names it', async () => {
    const file = `external_id,${Object.keys(minimal).join()}\nW-1,${Object.values(minimal).join()},surplus\nW-1,${Object.values(minimal).join()}\n`;
    const checked = await checkedImport(service.api, { format: 'csv' }, file);
    const errors = [
      { line: 2, code: 'row_invalid', external_id: 'W-1' },
      { line: 3, code: 'duplicate_in_file', external_id: 'W-1' },
    ];
    for (const state of [checked, await ran(service.api, checked.id)])
      expect(state).toMatchObject({ rows: 2, created: 0, failed: 2, errors });
  });

  it('may have its times in the basic form of ISO 8601, and as PostgreSQL writes them', async () => {
    const times = ['20240131T120000Z', '2024-01-31 14:00:00+02'];
    const rows = times.map((time, at) => `time-${at},${Object.values(minimal).join()},${time}\n`);
    const file = `external_id,${Object.keys(minimal).join()},created_at\n${rows.join('')}`;
    const { id } = await checkedImport(service.api, { format: 'csv' }, file);
    expect(await ran(service.api, id)).toMatchObject({ created: 2, failed: 0 });
    const { body } = await service.api.get('/opportunity?external_id[starts_with]=time-&fields=created_at');
    expect(body.data).toEqual(times.map(() => ({ created_at: '2024-01-31T12:00:00.000Z' })));
  });

  it('names a pipeline by a text or not at all', async () => {
    const row = { ...minimal, external_id: 'pipeline', pipeline_name: 7 };
    const { errors } = await checkedImport(service.api, { format: 'ndjson' }, lines(row), NDJSON_TYPE);
    expect(errors).toMatchObject([{ param: 'pipeline_name', code: 'parameter_invalid' }]);
    const file = lines({ ...row, pipeline_name: null });
    expect(await checkedImport(service.api, { format: 'ndjson' }, file, NDJSON_TYPE)).toMatchObject({ failed: 0 });
  });

  it('that creates needs no id, and whatever it has does not count', async () => {
    const file = lines({ ...minimal, id: 'opportunity_x' }, minimal);
    const { id } = await checkedImport(service.api, { format: 'ndjson', mode: 'create' }, file, NDJSON_TYPE);
    expect(await ran(service.api, id)).toMatchObject({ created: 2, failed: 0 });
  });
});

const FILES = ['results.ndjson', 'errors.csv', 'errors.ndjson'];

/** What can be asked of an import, and the statuses in which it is refused. */
const REFUSED: [method: string, path: string, statuses: string][] = [
  ['PUT', 'file', 'checking checked running succeeded succeeded_with_errors failed cancelled reverting reverted'],
  [
    'POST',
    'run',
    'awaiting_upload checking running succeeded succeeded_with_errors failed cancelled reverting reverted',
  ],
  ['POST', 'cancel', 'succeeded succeeded_with_errors failed cancelled reverting reverted'],
  ['POST', 'revert', 'awaiting_upload checking checked running reverting reverted'],
  ...FILES.map((file): [string, string, string] => ['GET', file, 'awaiting_upload checking running reverting']),
];

it.each(REFUSED)('%s …/%s is refused while the status is one of %s', async (method, path, statuses) => {
  const id = await makeImport(service.api, { format: path.endsWith('ndjson') ? 'ndjson' : 'csv' });
  for (const status of statuses.split(' ')) {
    await service.database.query('update import set status = $2, started_at = now() where id = $1', [id, status]);
    const url = `//api/imports/${id}/${path}`;
    const options = method === 'PUT' ? { body: 'title\n', headers: CSV_TYPE } : {};
    const { status: answered, body } = await service.api.request(method, url, options);
    expect([status, answered, body.error?.code]).toEqual([status, 409, 'import_status_invalid']);
  }
});

describe('the upload of a file', () => {
  const begin = ({ origin, api }: Service, id: string, headers: object): ClientRequest =>
    request(`${origin}/api/imports/${id}/file`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${String(api.key)}`, ...CSV_TYPE, ...headers },
    }).on('error', () => undefined);

  /** Parts of files that no import has. */
  const stored = async (): Promise<number> => {
    const text = 'select from import_chunk c where not exists (select from import i where i.file_id = c.file_id)';
    return (await service.database.query(text)).length;
  };

  it.each([
    ['a length', { 'content-length': '2000000' }],
    ['no length', { 'transfer-encoding': 'chunked' }],
  ])('with %s that breaks off leaves nothing behind, and the import waits for its file', async (_what, headers) => {
    const id = await makeImport(service.api, { format: 'csv' });
    const sent = begin(service, id, headers);
    sent.write(`title\n${'x'.repeat(1_000_000)}`);
    await until(async () => (await stored()) > 0);
    sent.destroy();
    await until(async () => (await stored()) === 0);
    expect((await service.api.get(`//api/imports/${id}`)).body).toMatchObject({
      ...{ status: 'awaiting_upload', file: null, progress: null, rows: 0 },
    });
    expect((await upload(service.api, id, 'title\n')).status).toBe(202);
    expect(await settled(service.api, id)).toMatchObject({ status: 'checked', rows: 0 });
  });

  it('of no bytes is an empty file, also as gzip', async () => {
    const id = await makeImport(service.api, { format: 'csv' });
    const sent = begin(service, id, { 'content-encoding': 'gzip' });
    sent.end();
    const [{ statusCode }] = (await once(sent, 'response')) as [IncomingMessage];
    expect(statusCode).toBe(202);
    expect(await settled(service.api, id)).toMatchObject({ status: 'failed', error: { code: 'file_empty' } });
  });

  it('is refused if its gzip is cut off, and the import waits for its file', async () => {
    const id = await makeImport(service.api, { format: 'csv' });
    const sent = begin(service, id, { 'content-encoding': 'gzip' });
    sent.end(gzipSync('title\nChairs\n').subarray(0, -9));
    const [{ statusCode }] = (await once(sent, 'response')) as [IncomingMessage];
    expect(statusCode).toBe(400);
    expect((await service.api.get(`//api/imports/${id}`)).body.status).toBe('awaiting_upload');
  });

  it('may take longer than any other request', async () => {
    const impatient = await startService({ DATABASE_STATEMENT_TIMEOUT_MS: '500' }, service.database);
    try {
      const id = await makeImport(impatient.api, { format: 'csv' });
      const sent = begin(impatient, id, {});
      const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
      for (const part of 'title\n') {
        sent.write(part);
        await wait(250);
      }
      sent.end();
      expect((await answered)[0].statusCode).toBe(202);
      expect(await settled(impatient.api, id)).toMatchObject({ status: 'checked', file: { bytes: 6 } });
    } finally {
      await impatient.app.close();
    }
  });
});

it('keeps files and rows for a time after the end, and then neither shows nor reverts them', async () => {
  const state = await checkedImport(service.api, { format: 'ndjson', mode: 'create' }, lines(minimal, {}), NDJSON_TYPE);
  const done = await ran(service.api, state.id);
  const file = await fileOf(done);
  expect(Date.parse(done.expires_at) - Date.parse(done.finished_at)).toBe(30 * 86_400_000);
  expect(await resultsOf(service.api, state.id)).toHaveLength(2);
  await service.database.query("update import set expires_at = now() - interval '1 second' where id = $1", [state.id]);
  await service.database.query("update import_chunk set created_at = now() - interval '30 days' where file_id = $1", [
    file,
  ]);
  for (const isSwept of [false, true]) {
    if (isSwept) await service.app.get(RetentionService).sweep();
    const calls = [...FILES.map((file) => ['GET', file]), ['POST', 'revert']];
    for (const [method = '', path] of calls) {
      const { status, body } = await service.api.request(method, `//api/imports/${String(state.id)}/${String(path)}`);
      expect([isSwept, path, status, body.error?.code]).toEqual([isSwept, path, 410, 'import_expired']);
    }
    const { body } = await service.api.get(`//api/imports/${String(state.id)}`);
    expect(body).toMatchObject({ status: 'succeeded_with_errors', rows: 2, created: 1, failed: 1 });
  }
  const left = 'select from import_row where import_id = $1 union all select from import_chunk where file_id = $2';
  expect(await service.database.query(left, [state.id, file])).toEqual([]);
});

async function fileOf({ id }: Json): Promise<unknown> {
  const [row] = await service.database.query<{ file_id: string | null }>('select file_id from import where id = $1', [
    id,
  ]);
  return row?.file_id;
}

it('cancels what has waited for its file, or for its run, for more than a day', async () => {
  const statusOf = async (hours: number, isChecked: boolean): Promise<string> => {
    const { id } = isChecked
      ? await checkedImport(service.api, { format: 'csv' }, 'title\n')
      : { id: await makeImport(service.api, { format: 'csv' }) };
    const name = isChecked ? 'checked_at' : 'created_at';
    const text = `update import set ${name} = ${name} - $2 * interval '1 hour' where id = $1`;
    await service.database.query(text, [id, hours]);
    await service.app.get(RetentionService).sweep();
    return (await service.api.get(`//api/imports/${String(id)}`)).body.status as string;
  };
  expect([await statusOf(23, false), await statusOf(25, false)]).toEqual(['awaiting_upload', 'cancelled']);
  expect([await statusOf(23, true), await statusOf(25, true)]).toEqual(['checked', 'cancelled']);
});

describe('what nobody sends on purpose', () => {
  it.each(['2024-01-02 24:00:00', '01/02/2024', 'May 5, 2020', '2024-02-30 10:00:00', '0050-01-01', '2020-01', 5])(
    'a time such as %j fails its row and names created_at',
    async (created_at) => {
      const options = { format: 'ndjson', timezone: 'Europe/Berlin' };
      const file = lines({ ...minimal, external_id: 'odd-time', created_at });
      const { errors } = await checkedImport(service.api, options, file, NDJSON_TYPE);
      expect(errors).toMatchObject([{ param: 'created_at', code: 'parameter_invalid' }]);
    },
  );

  it('a key __proto__ is unknown, as in a POST', async () => {
    const file = `{"external_id":"proto","__proto__":1,${JSON.stringify(minimal).slice(1)}\n`;
    const { errors } = await checkedImport(service.api, { format: 'ndjson' }, file, NDJSON_TYPE);
    expect(errors).toMatchObject([{ param: '__proto__', code: 'parameter_unknown' }]);
  });

  it('a row of ten thousand lists in each other is among the failed ones, as its text', async () => {
    const deep = `{"external_id":"deep","a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
    const { id, failed } = await checkedImport(service.api, { format: 'ndjson' }, `${deep}\n`, NDJSON_TYPE);
    const { status, text } = await service.api.get(`//api/imports/${id}/errors.ndjson`);
    expect([failed, status, JSON.parse(text)._raw]).toEqual([1, 200, deep]);
  });

  it('an endless name is cut in the warnings of an import, and refused as a header', async () => {
    const name = 'k'.repeat(100_000);
    const json = lines({ name: 'long-key', ...minimal, [name]: 1 });
    const ofKey = await checkedImport(service.api, { format: 'erpnext_json' }, json, NDJSON_TYPE);
    expect(ofKey.warnings).toMatchObject([{ code: 'column_ignored', param: `${'k'.repeat(200)}…` }]);
    const ofHeader = await checkedImport(service.api, { format: 'csv' }, `Title,${name}\nA,1\n`);
    expect(ofHeader).toMatchObject({ status: 'failed', error: { code: 'header_invalid' } });
    for (const each of [ofKey, ofHeader]) expect(JSON.stringify(each).length).toBeLessThan(5000);
  });

  it('lists of an ERPNext document that are null or empty are left out', async () => {
    const json = lines({ name: 'no-items', ...minimal, items: null, lost_reasons: '' });
    const checked = await checkedImport(service.api, { format: 'erpnext_json' }, json, NDJSON_TYPE);
    expect(checked).toMatchObject({ created: 1, failed: 0 });
  });
});

it('compares the amounts of line items with those of the file where the deal keeps others, too', async () => {
  const options = { format: 'erpnext_json' };
  const items = [
    { name: 'L-1', item_name: 'Chair', qty: 2, rate: 10 },
    { item_name: 'Desk', qty: 1, rate: 5 },
    { name: 'L-3', item_name: 'Lamp', qty: 3, rate: 1 },
    { item_name: 'Sofa', qty: 1, rate: 5, image: '/a.png' },
  ];
  const document = { name: 'amounts', ...minimal };
  const { id } = await checkedImport(service.api, options, lines({ ...document, items }), NDJSON_TYPE);
  expect(await ran(service.api, id)).toMatchObject({ created: 1 });
  const again = [
    { name: 'L-3', qty: 4, rate: 1, amount: 4 },
    { item_name: 'Desk', qty: 1, rate: 5, amount: 6 },
    { item_name: 'Shelf', qty: 2, rate: 2, amount: 5 },
    { item_name: 'Sofa', image: '/a.png', image_view: '/a.png', amount: 6 },
  ];
  const checked = await checkedImport(service.api, options, lines({ ...document, items: again }), NDJSON_TYPE);
  expect(checked).toMatchObject({ updated: 1, failed: 0 });
  expect(checked.warnings).toEqual([
    {
      ...{ line: 1, param: 'items[1].amount', code: 'value_differs' },
      message: "items[1].amount is '6' in the file; the service computes 5.",
    },
    {
      ...{ line: 1, param: 'items[2].amount', code: 'value_differs' },
      message: "items[2].amount is '5' in the file; the service computes 4.",
    },
    {
      ...{ line: 1, param: 'items[3].amount', code: 'value_differs' },
      message: "items[3].amount is '6' in the file; the service computes 5.",
    },
  ]);
});

it('fails with a sentence once the same rows have taken too long, or met other writers, again and again', async () => {
  const impatient = await startService({ DATABASE_STATEMENT_TIMEOUT_MS: '150' }, service.database);
  // The other service would take its turn at the import.
  service.app.get(ImportWorker).onModuleDestroy();
  const pause = vi.spyOn(impatient.app.get(ImportWorker), 'pauseAfter').mockReturnValue(1);
  try {
    const api = await impatient.clientWith({ workspace: 'too-long' });
    const rows = Array.from({ length: 251 }, (_, n) => ({ ...minimal, external_id: `T-${n}`, title: `title ${n}` }));
    const { id } = await checkedImport(api, { format: 'ndjson' }, lines(...rows), NDJSON_TYPE);
    await service.database.query(`create function sleeps() returns trigger language plpgsql as $$ begin
        perform pg_sleep(60); return new; end $$;
      create trigger sleeps before insert on opportunity for each row when (new.title = 'title 250')
        execute function sleeps();`);
    expect(await ran(api, id)).toMatchObject({
      ...{ status: 'failed', created: 250 },
      error: {
        ...{ code: 'service_unavailable', line: 251, param: null },
        message:
          'The database took too long for the rows from line 251 on in each of 20 tries. Rows that were written stay.',
      },
    });
    expect((await api.get('/opportunity')).body.total).toBe(250);
    expect(pause).toHaveBeenCalledTimes(19);
    // As PostgreSQL ends one of two transactions that wait for each other.
    await service.database.query(`create function deadlocks() returns trigger language plpgsql as $$ begin
        raise exception 'deadlock detected' using errcode = 'deadlock_detected'; end $$;
      create trigger deadlocks before insert on opportunity for each row when (new.title = 'contested')
        execute function deadlocks();`);
    const contested = lines({ ...minimal, external_id: 'contested', title: 'contested' });
    const { error } = await checkedImport(api, { format: 'ndjson' }, contested, NDJSON_TYPE);
    expect(error).toEqual({
      ...{ code: 'conflict', line: 1, param: null },
      message:
        'Other requests changed the same data as the rows from line 1 on in each of 20 tries. Rows that were written stay.',
    });
  } finally {
    await impatient.app.close();
  }
});
