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
  for (const q of ['', '?group_by=status&measures=sum.base_opportunity_amount,sum.weighted_amount,sum.opportunity_amount',
    '?group_by=expected_closing.month&measures=sum.base_opportunity_amount,median.total&status[in]=Open,Replied,Quotation&expected_closing[gte]=2027-01-20',
    '?group_by=lost_reason&measures=sum.base_opportunity_amount,count_distinct.lost_reason,count_distinct.party_name&status=Lost',
    '?group_by=created_at.day,status&fill=true&timezone=Europe/Berlin&measures=avg.weighted_amount,median.base_opportunity_amount',
    '?group_by=expected_closing.quarter,status&fill=true&timezone=Europe/Berlin&measures=avg.weighted_amount,median.base_opportunity_amount&sort=-avg.weighted_amount',
  ]) {
    const { status, body } = await service.api.get(`/opportunity/aggregate${q}`);
    console.log(status, q, JSON.stringify(body, undefined, 1));
    for (const row of body.data ?? []) expect([row, (await service.api.get(`/opportunity?${row.filter}`)).body.total]).toEqual([row, row.count]);
  }
});
