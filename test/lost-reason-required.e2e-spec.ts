import * as fc from 'fast-check';
import { STATUS_ACTIONS } from '../src/crm/opportunity/opportunity.status.js';
import type { Answer, Client, Json } from './support/client.js';
import { addReason, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

/* With REQUIRE_LOST_REASON no write leaves an opportunity Lost without a lost reason or its detail, whichever it is. */

let service: Service;
let api: Client;
beforeAll(async () => {
  service = await startService({ REQUIRE_LOST_REASON: 'true' });
  ({ api } = service);
});
afterAll(() => service.stop());

interface State {
  status: string;
  detail: string | null;
  reasons: number;
}

const isAllowed = ({ status, detail, reasons }: State): boolean =>
  status !== 'Lost' || reasons > 0 || (detail ?? '').trim() !== '';

type Write =
  | { kind: 'patch' | 'batch' | 'each'; status?: 'Open' | 'Lost'; detail?: string | null }
  | { kind: 'put'; count: number }
  | { kind: 'add' | 'remove' | 'lose' | 'reopen' };

/** What the write makes of the state; the same state if the service must refuse it. */
function next(state: State, write: Write): State {
  const wanted = { ...state };
  switch (write.kind) {
    case 'patch':
    case 'batch':
    case 'each':
      Object.assign(wanted, write.status && { status: write.status }, 'detail' in write && { detail: write.detail });
      break;
    case 'put':
      wanted.reasons = write.count;
      break;
    case 'add':
      wanted.reasons += 1;
      break;
    case 'remove':
      wanted.reasons = Math.max(0, state.reasons - 1);
      break;
    case 'lose':
    case 'reopen': {
      const { from, to } = STATUS_ACTIONS[write.kind];
      if (!(from as readonly string[]).includes(state.status)) return state;
      return write.kind === 'lose' ? { ...state, status: to, reasons: 1 } : { status: to, detail: null, reasons: 0 };
    }
  }
  return isAllowed(wanted) ? wanted : state;
}

async function send(id: string, write: Write): Promise<Answer | undefined> {
  const path = `/opportunity/${id}`;
  const reasons = (count: number): object[] => Array.from({ length: count }, () => ({ lost_reason: 'Price' }));
  switch (write.kind) {
    case 'patch':
      return api.patch(path, changesOf(write));
    case 'batch':
    case 'each': {
      const operations = [{ method: 'update', id, body: changesOf(write) }];
      return api.post('/opportunity/batch', { atomic: write.kind === 'batch', operations });
    }
    case 'put':
      return api.request('PUT', `${path}/lost-reasons`, { body: { lost_reasons: reasons(write.count) } });
    case 'add':
      return api.post('/opportunity-lost-reason-detail', { opportunity_id: id, lost_reason: 'Price' });
    case 'remove': {
      const [first] = await reasonsOf(id);
      return first && api.delete(`/opportunity-lost-reason-detail/${first.id}`);
    }
    case 'lose':
      return api.post(`${path}/lose`, { lost_reasons: reasons(1) });
    case 'reopen':
      return api.post(`${path}/reopen`, {});
  }
}

function changesOf(write: { status?: string; detail?: string | null }): object {
  return {
    ...(write.status && { status: write.status }),
    ...('detail' in write && { order_lost_reason: write.detail }),
  };
}

const reasonsOf = async (id: string): Promise<Json[]> =>
  (await api.get(`/opportunity-lost-reason-detail?parent_id=${id}`)).body.data;

async function stateOf(id: string): Promise<State> {
  const { body } = await api.get(`/opportunity/${id}`);
  return { status: body.status, detail: body.order_lost_reason, reasons: (await reasonsOf(id)).length };
}

const plain = { noNullPrototype: true };
const write: fc.Arbitrary<Write> = fc.oneof(
  fc.record(
    {
      kind: fc.constantFrom('patch', 'batch', 'each'),
      status: fc.constantFrom('Open', 'Lost'),
      detail: fc.constantFrom('because', ' ', null),
    },
    { requiredKeys: ['kind'], ...plain },
  ),
  fc.record({ kind: fc.constant('put'), count: fc.integer({ min: 0, max: 2 }) }, plain),
  fc.record({ kind: fc.constantFrom('add', 'remove', 'remove', 'lose', 'reopen') }, plain),
);

it('is kept by any sequence of writes: those that would break it are refused, and no others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(write, { minLength: 4, maxLength: 12 }), async (writes) => {
      const { id } = await createOpportunity(api);
      let state: State = { status: 'Open', detail: null, reasons: 0 };
      for (const each of writes) {
        await send(id, each);
        state = next(state, each);
        expect(await stateOf(id)).toEqual(state);
      }
    }),
    { numRuns: 25 },
  );
});

it('is kept by writes at the same moment, of which each alone would be allowed', async () => {
  const takes: Write[] = [{ kind: 'patch', detail: null }, { kind: 'remove' }, { kind: 'put', count: 0 }];
  for (let round = 0; round < 15; round++) {
    const { id } = await createOpportunity(api, { order_lost_reason: 'because' });
    await addReason(api, id);
    await api.patch(`/opportunity/${id}`, { status: 'Lost' });
    await Promise.all(takes.map((each) => send(id, each)));
    expect(isAllowed(await stateOf(id))).toBe(true);
  }
});

it.each([
  [{}, 400],
  [{ order_lost_reason: ' ' }, 400],
  [{ items: [{}], lost_reasons: [] }, 400],
  [{ order_lost_reason: 'because' }, 201],
  [{ lost_reasons: [{ lost_reason: 'Price' }] }, 201],
])('decides on a new opportunity that is Lost with %j: %i, also in a batch', async (given, status) => {
  const body = { ...minimal, status: 'Lost', ...given };
  const single = await api.post('/opportunity', body);
  const batch = await api.post('/opportunity/batch', { atomic: false, operations: [{ method: 'create', body }] });
  expect([single.status, batch.body.data[0].status]).toEqual([status, status]);
});

it('says what to do instead', async () => {
  const { id } = await createOpportunity(api);
  const toLost = await api.patch(`/opportunity/${id}`, { status: 'Lost' });
  await api.post(`/opportunity/${id}/lose`, { lost_reasons: [{ lost_reason: 'Price' }] });
  const [reason] = await reasonsOf(id);
  const removed = await api.delete(`/opportunity-lost-reason-detail/${reason.id}`);
  const replaced = await api.request('PUT', `/opportunity/${id}/lost-reasons`, { body: { lost_reasons: [] } });
  await api.patch(`/opportunity/${id}`, { order_lost_reason: 'because' });
  await api.delete(`/opportunity-lost-reason-detail/${reason.id}`);
  const cleared = await api.patch(`/opportunity/${id}`, { order_lost_reason: null });
  const refusals = [toLost, removed, replaced, cleared];
  expect(refusals.map(({ status, body: { error } }) => [status, error.code, error.param])).toEqual([
    [400, 'parameter_invalid', 'status'],
    [409, 'last_lost_reason', undefined],
    [400, 'parameter_invalid', 'lost_reasons'],
    [400, 'parameter_invalid', 'order_lost_reason'],
  ]);
  for (const { body } of refusals) expect(body.error.message).toMatch(/order_lost_reason/);
});

it('does not keep an opportunity from other changes that was Lost without a reason before it was required', async () => {
  const { id } = await createOpportunity(api);
  await service.database.query(`update opportunity set status = 'Lost' where id = $1`, [id]);
  expect((await api.patch(`/opportunity/${id}`, { title: 'Renamed' })).status).toBe(200);
  expect((await api.patch(`/opportunity/${id}`, { order_lost_reason: 'because' })).status).toBe(200);
});
