import { OPPORTUNITY_STATUSES, STATUS_ACTIONS, type StatusAction } from '../src/crm/opportunity/opportunity.status.js';
import { addReason, createOpportunity } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

const ACTIONS = Object.keys(STATUS_ACTIONS) as StatusAction[];
const REASONS = { lost_reasons: [{ lost_reason: 'Price' }, { lost_reason: 'Timing' }] };

let service: Service;
let strict: Service;

beforeAll(async () => {
  [service, strict] = await Promise.all([startService(), startService({ REQUIRE_LOST_REASON: 'true' })]);
});
afterAll(() => Promise.all([service.stop(), strict.stop()]));

/** Lost reasons of an opportunity, in order. */
async function reasonsOf({ api }: Service, id: string): Promise<string[]> {
  const { body } = await api.get(`/opportunity-lost-reason-detail?parent_id=${id}`);
  return body.data.map(({ lost_reason }: { lost_reason: string }) => lost_reason);
}

describe('an action', () => {
  it.each(ACTIONS.flatMap((action) => OPPORTUNITY_STATUSES.map((status) => [action, status] as const)))(
    '%s from %s goes where the table says, or is refused naming both statuses',
    async (action, status) => {
      const { id } = await createOpportunity(service.api, { status });
      const { from, to } = STATUS_ACTIONS[action];
      const answer = await service.api.post(`/opportunity/${id}/${action}`, action === 'lose' ? REASONS : {});
      const now = (await service.api.get(`/opportunity/${id}`)).body;
      if ((from as readonly string[]).includes(status)) {
        expect([answer.status, answer.body.status]).toEqual([200, to]);
        expect(answer.body).toEqual(now);
      } else {
        expect([answer.status, answer.body.error.code]).toEqual([409, 'status_transition_invalid']);
        expect(answer.body.error.message).toContain(status);
        expect(answer.body.error.message).toContain(to);
        expect(now.status).toBe(status);
        expect(await reasonsOf(service, id)).toEqual([]);
      }
    },
  );

  it('to lose replaces the reasons and keeps the detail unless it brings one', async () => {
    const { id } = await createOpportunity(service.api, { order_lost_reason: 'kept' });
    await addReason(service.api, id, 'old');
    expect((await service.api.post(`/opportunity/${id}/lose`, REASONS)).body.order_lost_reason).toBe('kept');
    expect(await reasonsOf(service, id)).toEqual(['Price', 'Timing']);
    await service.api.post(`/opportunity/${id}/reopen`, {});
    const again = await service.api.post(`/opportunity/${id}/lose`, { ...REASONS, order_lost_reason: 'new' });
    expect(again.body.order_lost_reason).toBe('new');
  });

  it('to reopen takes back reasons and detail', async () => {
    const { id } = await createOpportunity(service.api);
    await service.api.post(`/opportunity/${id}/lose`, { ...REASONS, order_lost_reason: 'detail' });
    const { body } = await service.api.post(`/opportunity/${id}/reopen`, {});
    expect([body.status, body.order_lost_reason]).toEqual(['Open', null]);
    expect(await reasonsOf(service, id)).toEqual([]);
  });

  it('needs no body where it takes none', async () => {
    const { id } = await createOpportunity(service.api);
    expect((await service.api.request('POST', `/opportunity/${id}/convert`)).body.status).toBe('Converted');
  });

  it.each([
    [{}, 'lost_reasons', 'parameter_missing'],
    [{ lost_reasons: [] }, 'lost_reasons', 'parameter_invalid'],
    [{ lost_reasons: [{ lost_reason: 'a' }, {}] }, 'lost_reasons[1].lost_reason', 'parameter_missing'],
    [{ lost_reasons: [{ lost_reason: ' ' }] }, 'lost_reasons[0].lost_reason', 'parameter_invalid'],
    [{ ...REASONS, order_lost_reason: 1 }, 'order_lost_reason', 'parameter_invalid'],
    [{ ...REASONS, x: 1 }, 'x', 'parameter_unknown'],
  ])('to lose refuses %j', async (body, param, code) => {
    const { id } = await createOpportunity(service.api);
    const answer = await service.api.post(`/opportunity/${id}/lose`, body);
    expect([answer.status, answer.body.error.param, answer.body.error.code]).toEqual([400, param, code]);
    expect((await service.api.get(`/opportunity/${id}`)).body.status).toBe('Open');
  });

  it.each(ACTIONS)('to %s with a stale If-Match is refused and changes nothing', async (action) => {
    const { id } = await createOpportunity(service.api, { status: STATUS_ACTIONS[action].from[0] });
    const body = action === 'lose' ? REASONS : {};
    const before = (await service.api.get(`/opportunity/${id}`)).body;
    const stale = await service.api.post(`/opportunity/${id}/${action}`, body, { 'if-match': '"99"' });
    expect([stale.status, stale.body.error.code]).toEqual([412, 'precondition_failed']);
    expect((await service.api.get(`/opportunity/${id}`)).body).toEqual(before);
    const fresh = await service.api.post(`/opportunity/${id}/${action}`, body, { 'if-match': '"1"' });
    expect(fresh.status).toBe(200);
  });
});

describe('the status Lost', () => {
  it('needs no reason by default', async () => {
    const { id } = await createOpportunity(service.api);
    expect((await service.api.patch(`/opportunity/${id}`, { status: 'Lost' })).status).toBe(200);
  });

  it('needs a lost reason or its detail with REQUIRE_LOST_REASON', async () => {
    const { api } = strict;
    const { id } = await createOpportunity(api);
    const refused = await api.patch(`/opportunity/${id}`, { status: 'Lost' });
    expect([refused.status, refused.body.error.param]).toEqual([400, 'status']);
    expect((await api.get(`/opportunity/${id}`)).body.status).toBe('Open');
    expect((await api.patch(`/opportunity/${id}`, { status: 'Lost', order_lost_reason: 'budget' })).status).toBe(200);
    const other = await createOpportunity(api);
    await addReason(api, other.id);
    expect((await api.patch(`/opportunity/${other.id}`, { status: 'Lost' })).status).toBe(200);
  });

  it('is refused in the same way to a new opportunity and in a batch', async () => {
    const { api } = strict;
    const base = {
      opportunity_from: 'Lead',
      party_name: 'a',
      company: 'b',
      transaction_date: '2024-01-15',
      status: 'Lost',
    };
    expect((await api.post('/opportunity', base)).status).toBe(400);
    expect((await api.post('/opportunity', { ...base, lost_reasons: [{ lost_reason: 'Price' }] })).status).toBe(201);
    const { id } = await createOpportunity(api);
    const operations = [{ method: 'update', id, body: { status: 'Lost' } }];
    const batch = await api.post('/opportunity/batch', { operations });
    expect([batch.status, batch.body.error.param]).toEqual([400, 'operations[0].body.status']);
  });
});
