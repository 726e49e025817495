import * as fc from 'fast-check';
import type { Client, Json } from './support/client.js';
import { minimal } from './support/fixtures.js';
import { checkedImport, NDJSON_TYPE, ran, resultsOf } from './support/imports.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ RATE_LIMIT_REQUESTS: '0' });
});
afterAll(() => service.stop());

/** So many bytes are a transaction: the row has one of its own, and those behind it have the next one. */
const FULL = 1024 * 1024;

interface Row {
  /** Which of the deals that there are; 9 for one that there is not. */
  deal?: number;
  body: Record<string, unknown>;
  isFull: boolean;
}

const EXISTING = ['A', 'B', undefined];

let workspaces = 0;

/** A workspace with three deals, and their ids. */
async function withDeals(): Promise<{ api: Client; ids: string[] }> {
  const api = await service.clientWith({ workspace: `check-${workspaces++}` });
  const items = [{ external_id: 'x', item_name: 'X' }, { item_name: 'Y' }];
  const operations = EXISTING.map((external_id) => ({
    method: 'create',
    body: { ...minimal, title: 'old', external_id, items },
  }));
  const { body } = await api.post('/opportunity/batch', { operations });
  return { api, ids: body.data.map(({ object }: Json) => object.id) };
}

function fileOf(rows: readonly Row[], ids: readonly string[]): string {
  const lines = rows.map(({ deal, body, isFull }) => {
    const id = deal === undefined ? {} : { id: ids[deal] ?? 'opportunity_unknown' };
    return `${JSON.stringify({ ...id, ...body })}${' '.repeat(isFull ? FULL : 0)}\n`;
  });
  return lines.join('');
}

/** What is said of an import, and of its rows; a message may name a deal that the check has not left. */
async function said(api: Client, state: Json): Promise<object> {
  const { rows, created, updated, unchanged, failed, unprocessed } = state;
  const results = await resultsOf(api, state.id);
  const told = results.map(({ line, external_id, outcome, errors }) => {
    const codes = (errors as Json[]).map((error) => [error.line, error.param, error.code] as unknown[]);
    return [line, external_id, outcome, codes];
  });
  return { counts: { rows, created, updated, unchanged, failed, unprocessed }, results: told };
}

async function checkAndRun(options: object, rows: readonly Row[]): Promise<Record<'checked' | 'done', object>> {
  const { api, ids } = await withDeals();
  const state = await checkedImport(api, { format: 'ndjson', ...options }, fileOf(rows, ids), NDJSON_TYPE);
  const checked = await said(api, state);
  return { checked, done: await said(api, await ran(api, state.id)) };
}

const some = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const seldom = <T>(value: T, usual: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(value) }, { weight: 7, arbitrary: fc.constant(usual) });

/** Few ids, so that rows meet. */
const externalId = fc.constantFrom('A', 'B', 'C', 'A', 'B', 'C', null, ' ', undefined);

const items = some(
  fc.constantFrom(
    [],
    [{ external_id: 'x', qty: 2 }],
    [{ external_id: 'x', item_name: 'X' }, { item_name: 'Y' }],
    [{ external_id: 'y' }, { external_id: 'y' }],
    [{ qty: 1e11, rate: 1e11 }],
  ),
);

const body = fc.record({
  external_id: externalId,
  title: some(fc.constantFrom('old', 'new')),
  probability: seldom(140, undefined),
  party_name: seldom(null, 'Acme'),
  items,
});

const row: fc.Arbitrary<Row> = fc
  .record({
    deal: fc.option(fc.constantFrom(0, 1, 2, 9), { nil: undefined, freq: 1 }),
    isComplete: seldom(false, true),
    body,
    isFull: fc.boolean(),
  })
  .map(({ deal, isComplete, body, isFull }) => ({
    ...(deal !== undefined && { deal }),
    body: { ...(isComplete && minimal), ...body },
    isFull,
  }));

const options = fc.record({
  mode: fc.constantFrom('upsert', 'upsert', 'create', 'update'),
  match_by: fc.constantFrom('id', 'id', 'external_id'),
  on_error: fc.constantFrom('skip', 'skip', 'stop'),
  children: fc.constantFrom('keep', 'replace'),
});

describe('the check says what the run does', () => {
  it('of an id that an earlier transaction has given to a deal, or taken from it', async () => {
    const rows = [
      { deal: 0, body: { external_id: null }, isFull: true },
      { deal: 1, body: { external_id: 'C' }, isFull: true },
      ...['A', 'B', 'C', 'A'].map((external_id) => ({ body: { ...minimal, external_id }, isFull: true })),
    ];
    const { checked, done } = await checkAndRun({ match_by: 'id' }, rows);
    expect(done).toMatchObject({ counts: { created: 2, updated: 2, failed: 2 } });
    expect(checked).toEqual(done);
  });

  it('of any rows in every mode, however many transactions they take', async () => {
    await fc.assert(
      fc.asyncProperty(options, fc.array(row, { minLength: 3, maxLength: 9 }), async (options, rows) => {
        const { checked, done } = await checkAndRun(options, rows);
        expect(checked).toEqual(done);
      }),
      { numRuns: 25, endOnFailure: true, plugins: [fc.interruptAfterTimeLimit(40_000)] },
    );
  });
});
