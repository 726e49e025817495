import { startService, type Service } from './support/service.js';
import type { Json } from './support/client.js';
import { minimal } from './support/fixtures.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const deals: Json[] = [
  { status: 'Open', currency: 'EUR', opportunity_amount: 10000, probability: 10, expected_closing: '2026-01-31' },
  { status: 'Replied', currency: 'USD', opportunity_amount: 5000, conversion_rate: 0.92, probability: 50, expected_closing: '2027-01-15' },
  { status: 'Quotation', currency: 'JPY', opportunity_amount: 800000, conversion_rate: 0.0061, probability: 80, expected_closing: '2027-01-31' },
  { status: 'Open', currency: 'EUR', opportunity_amount: 0.3, probability: 33.3 },
  { status: 'Converted', currency: 'EUR', opportunity_amount: 2000 },
  { status: 'Lost', currency: 'EUR', opportunity_amount: 7000, lost_reasons: [{ lost_reason: 'Price' }, { lost_reason: 'Timing' }] },
  { status: 'Lost', currency: 'USD', opportunity_amount: 1000, conversion_rate: 0.92, lost_reasons: [{ lost_reason: 'Price' }] },
  { status: 'Closed', currency: 'EUR', opportunity_amount: 500 },
];

it('x', async () => {
  for (const deal of deals) await service.api.post('/opportunity', { ...minimal, company: 'X', ...deal });
  const from = new Date().toISOString();
  const { body: { data } } = await service.api.get('/opportunity?status=Open&sort=-opportunity_amount');
  await service.api.patch(`/opportunity/${data[0].id}`, { opportunity_amount: 9000 });
  const { body: { data: [d2] } } = await service.api.get('/opportunity?status=Replied');
  await service.api.patch(`/opportunity/${d2.id}`, { status: 'Converted' });
  await service.api.post('/opportunity', { ...minimal, company: 'X', opportunity_amount: 50 });
  for (const q of ['pipeline', `pipeline?at=${from}`, 'forecast', 'win-rate', 'win-rate?cohort=created&timezone=Europe/Berlin', 'losses', 'cycle', 'funnel', 'velocity', `changes?from=${from}&to=2030-01-01`]) {
    const { status, body } = await service.api.get(`/reports/${q}`);
    delete body.definitions;
    if (status !== 200) console.log(status, q, JSON.stringify(body));
    for (const row of body.data ?? []) if (row.filter) expect([row, (await service.api.get(`/opportunity?${row.filter}`)).body.total]).toEqual([row, row.count]);
  }
});
