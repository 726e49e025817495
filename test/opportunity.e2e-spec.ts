import { addItem, addReason, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe('opportunity', () => {
  it('is created with the defaults of the reference, and has an address', async () => {
    const { status, headers, body } = await service.api.post('/opportunity', minimal);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/api/crm/opportunity/${body.id}`);
    expect(body).toMatchObject({
      status: 'Open',
      sales_stage: 'Prospecting',
      probability: 100,
      total: 0,
      conversion_rate: 1,
    });
    expect((await service.api.get(`/opportunity/${body.id}`)).body).toEqual(body);
  });

  it('takes its children with it when it is deleted', async () => {
    const { id } = await createOpportunity(service.api);
    const item = await addItem(service.api, id);
    const reason = await addReason(service.api, id);
    expect((await service.api.delete(`/opportunity/${id}`)).body).toEqual({ id, deleted: true });
    expect((await service.api.get(`/opportunity-item/${item.id}`)).status).toBe(404);
    expect((await service.api.get(`/opportunity-lost-reason-detail/${reason.id}`)).status).toBe(404);
    expect((await service.api.delete(`/opportunity/${id}`)).status).toBe(404);
  });
});
