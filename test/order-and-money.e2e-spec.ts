import * as fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import type { Answer, Client, Json } from './support/client.js';
import {
  DealModel,
  operation,
  parseKeepingNumbers,
  readDeal,
  readLine,
  showDeal,
  showLines,
  times,
  toUnits,
  type Operation,
  type ShownDeal,
  type ShownLine,
} from './support/deal-model.js';
import { createOpportunity } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

/** Bodies are written by hand: JSON.stringify would round the numbers before the service sees them. */
function bodyOf(fields: Record<string, string | number | undefined>): string {
  const given = Object.entries(fields).filter(([, text]) => text !== undefined);
  return `{${given.map(([name, text]) => `"${name}":${text ?? ''}`).join(',')}}`;
}

const quoted = (text: string): string => JSON.stringify(text);

function send(api: Client, dealId: string, ids: readonly string[], wanted: Operation): Promise<Answer> {
  switch (wanted.kind) {
    case 'insert':
      return api.post(
        '/opportunity-item',
        bodyOf({ opportunity_id: quoted(dealId), ...wanted.values, idx: wanted.idx, external_id: nameOf(wanted) }),
      );
    case 'change':
      return api.patch(
        `/opportunity-item/${pick(ids, wanted.line)}`,
        bodyOf({ ...wanted.values, idx: wanted.idx, external_id: nameOf(wanted) }),
      );
    case 'remove':
      return api.delete(`/opportunity-item/${pick(ids, wanted.line)}`);
    case 'reorder':
      return api.post('/opportunity-item/reorder', {
        ids: shuffled(ids, wanted.keys),
        ...(wanted.named && { parent_id: dealId }),
      });
    case 'revalue':
      return api.patch(
        `/opportunity/${dealId}`,
        bodyOf({ conversion_rate: wanted.conversionRate, opportunity_amount: wanted.opportunityAmount }),
      );
  }
}

/** A write that gives an id of another system looks it up first; the sums are to follow from it all the same. */
const nameOf = ({ isNamed }: { isNamed: boolean }): string | undefined => (isNamed ? quoted(randomUUID()) : undefined);

const pick = (ids: readonly string[], index: number): string => ids[index % ids.length] ?? 'opportunity-item_none';

const shuffled = (ids: readonly string[], sortKeys: number[]): string[] =>
  ids
    .map((id, index) => ({ id, key: sortKeys[index % sortKeys.length] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ id }) => id);

async function read(api: Client, dealId: string): Promise<{ deal: ShownDeal; lines: ShownLine[]; text: string }> {
  const [deal, list] = [
    await api.get(`/opportunity/${dealId}`),
    await api.get(`/opportunity-item?parent_id=${dealId}`),
  ];
  return {
    deal: readDeal(parseKeepingNumbers(deal.text) as Record<string, string>),
    lines: (parseKeepingNumbers(list.text) as { data: Record<string, string>[] }).data.map(readLine),
    text: deal.text + list.text,
  };
}

/** What the model says of an operation the service has answered: would it be accepted? */
function foresee(model: DealModel, wanted: Operation, ids: readonly string[], answer: Answer): boolean {
  switch (wanted.kind) {
    case 'insert':
      return model.insert(answer.body.id ?? 'refused', wanted.values, wanted.idx);
    case 'change':
      return model.change(pick(ids, wanted.line), wanted.values, wanted.idx);
    case 'remove':
      return model.remove(pick(ids, wanted.line));
    case 'reorder':
      return model.reorder(shuffled(ids, wanted.keys));
    case 'revalue':
      return model.revalue(wanted.conversionRate, wanted.opportunityAmount);
  }
}

/** Vitest must not cut in before fast-check has told its seed; shrinking is worth its time only where a failure repeats. */
const bounded = { plugins: [fc.interruptAfterTimeLimit(30_000)] };
const SEQUENTIAL = { ...bounded, numRuns: 40 };
const PARALLEL = { ...bounded, numRuns: 12, endOnFailure: true };

describe('the model that the service is held against', () => {
  it('rounds half away from zero at the ninth decimal', () => {
    expect(['0.0000000005', '-0.0000000005', '0.00000000049', '12e-1'].map(toUnits)).toEqual([
      1n,
      -1n,
      0n,
      1200000000n,
    ]);
    expect(times(toUnits('1.000000001'), toUnits('0.5'))).toBe(toUnits('0.500000001'));
    expect(times(toUnits('1.000000001'), toUnits('-0.5'))).toBe(toUnits('-0.500000001'));
  });

  it('adds up the example of the reference', () => {
    const model = new DealModel();
    const rows = [
      ['3', '19.99'],
      ['2.5', '40.01'],
      ['1', '0.05'],
    ] as const;
    for (const [qty, price] of rows) model.insert(price, { qty, rate: price });
    model.revalue('0.917431');
    expect(model.shown()).toMatchObject({ total: toUnits('160.045'), base_total: toUnits('146.830244395') });
  });
});

describe('a deal written to by one client', () => {
  it('has the order and the amounts of the model after every step, and is left as it was by a refused one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 4, maxLength: 14 }), async (history) => {
        const { id } = await createOpportunity(service.api);
        const model = new DealModel();
        let before = await read(service.api, id);
        for (const step of history) {
          if (!hasLine(model, step)) continue;
          const ids = model.lines.map((entry) => entry.id);
          const answer = await send(service.api, id, ids, step);
          const accepted = foresee(model, step, ids, answer);
          expect({ step, ids, accepted: answer.status < 300, status: answer.status }).toMatchObject({ accepted });
          const after = await read(service.api, id);
          expect(after).toMatchObject({ deal: model.shown(), lines: model.shownLines() });
          if (!accepted) expect([answer.status, after.text]).toEqual([400, before.text]);
          before = after;
        }
      }),
      SEQUENTIAL,
    );
  });

  it('can hold the largest amount there is, to the last digit', async () => {
    const { id } = await createOpportunity(service.api);
    const body = bodyOf({ opportunity_id: quoted(id), rate: '999999999999.999999999' });
    const { status, text } = await service.api.post('/opportunity-item', body);
    expect([status, text]).toEqual([201, expect.stringContaining('"amount":999999999999.999999999')]);
    const { deal } = await read(service.api, id);
    expect(deal).toMatchObject({ total: 10n ** 21n - 1n, base_total: 10n ** 21n - 1n });
  });

  it('is left as it was when the amounts without a line would be too large', async () => {
    const { id } = await createOpportunity(service.api);
    const large = { opportunity_id: id, rate: 600_000_000_000 };
    await service.api.post('/opportunity-item', large);
    const discount = await service.api.post('/opportunity-item', { ...large, rate: -large.rate });
    await service.api.post('/opportunity-item', large);
    const before = await read(service.api, id);
    expect((await service.api.delete(`/opportunity-item/${discount.body.id}`)).status).toBe(400);
    expect(await read(service.api, id)).toEqual(before);
  });
});

describe('deals written to by several clients at once', () => {
  const step = fc.record({ deal: fc.nat(1), wanted: operation }, { noNullPrototype: true });
  const clients = fc.array(fc.array(step, { minLength: 3, maxLength: 8 }), { minLength: 3, maxLength: 6 });

  it('stay in order and add up, and every request gets a documented answer', async () => {
    await fc.assert(
      fc.asyncProperty(clients, async (histories) => {
        const deals = await Promise.all([startedDeal(), startedDeal()]);
        const statuses = await Promise.all(histories.map((history) => play(history, deals)));
        expect([200, 201, 400, 404]).toEqual(expect.arrayContaining([...new Set(statuses.flat())]));
        for (const { id } of deals) await expectConsistent(id);
      }),
      PARALLEL,
    );
  });

  it('leave nothing behind when they are deleted meanwhile', async () => {
    const { id, ids } = await startedDeal();
    const insert = () => service.api.post('/opportunity-item', { opportunity_id: id, rate: 1 });
    const change = (line: string) => service.api.patch(`/opportunity-item/${line}`, { qty: 2, idx: 1 });
    const writes = ids.flatMap((line) => [insert(), change(line)]);
    const answers = await Promise.all([
      ...writes,
      service.api.delete(`/opportunity/${id}`),
      ...ids.map(change),
      insert(),
    ]);
    expect([200, 201, 404]).toEqual(expect.arrayContaining([...new Set(answers.map(({ status }) => status))]));
    expect((await service.api.get(`/opportunity-item?parent_id=${id}`)).status).toBe(404);
    expect(await service.database.query('select 1 from opportunity_item where opportunity_id = $1', [id])).toEqual([]);
  });

  it('never made PostgreSQL resolve a deadlock', async () => {
    // A connection reports what it counted when it ends.
    await service.database.query(`select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    const text = 'select deadlocks::int from pg_stat_database where datname = current_database()';
    expect(await service.database.query(text)).toEqual([{ deadlocks: 0 }]);
  });
});

/** Whether there is a line for the operation to be about. */
function hasLine(model: DealModel, { kind }: Operation): boolean {
  return kind === 'insert' || kind === 'revalue' || model.lines.length > 0;
}

interface StartedDeal {
  id: string;
  /** Line items that were seen to be created and not yet to be removed. */
  ids: string[];
}

async function startedDeal(): Promise<StartedDeal> {
  const { id } = await createOpportunity(service.api);
  const ids: string[] = [];
  for (const price of [19.99, -0.5, 1e-9, 40.01])
    ids.push((await service.api.post('/opportunity-item', { opportunity_id: id, qty: 2.5, rate: price })).body.id);
  return { id, ids };
}

async function play(history: { deal: number; wanted: Operation }[], deals: StartedDeal[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const { deal, wanted } of history) {
    const { id, ids } = deals[deal] as StartedDeal;
    const known = wanted.kind === 'reorder' ? await currentIds(id) : [...ids];
    const { status, body } = await send(service.api, id, known, wanted);
    statuses.push(status);
    if (wanted.kind === 'insert' && status === 201) ids.push(body.id);
    if (wanted.kind === 'remove' && status === 200) ids.splice(ids.indexOf(body.id), 1);
  }
  return statuses;
}

async function currentIds(dealId: string): Promise<string[]> {
  const { body } = await service.api.get(`/opportunity-item?parent_id=${dealId}`);
  return body.data.map((entry: Json) => entry.id);
}

/** Positions are 1…n, and every amount follows from what was entered. */
async function expectConsistent(dealId: string): Promise<void> {
  const { deal, lines } = await read(service.api, dealId);
  const expected = showLines(lines, deal.conversion_rate);
  expect(lines).toEqual(expected);
  expect(deal).toEqual(showDeal(expected, deal.conversion_rate, deal.opportunity_amount));
}
