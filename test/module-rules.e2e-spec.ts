import 'reflect-metadata';
import { MaxLength } from 'class-validator';
import { extendResource, ServiceModule } from 'crm-opportunity-service/kit';
import { Opportunity } from 'crm-opportunity-service/opportunity';
import { registerModules } from '../src/modules/registry.js';
import type { Client } from './support/client.js';
import { minimal } from './support/fixtures.js';
import type { Service } from './support/service.js';

/* Rules and defaults that a module gives to attributes of deals. */

@ServiceModule({
  name: 'acme-rules',
  compatible: '^0.1',
  extends: [
    extendResource(Opportunity, {
      rules: { industry: [MaxLength(5, { message: '$property must not be longer than 5 characters.' })] },
      defaults: { territory: 'North' },
    }),
  ],
})
class AcmeRules {}

let service: Service;
let api: Client;
beforeAll(async () => {
  registerModules([AcmeRules]);
  const { startService } = await import('./support/service.js');
  service = await startService();
  ({ api } = service);
});
afterAll(() => service.stop());

it('hold for every way to write a deal', async () => {
  const { checkedImport, NDJSON_TYPE } = await import('./support/imports.js');
  const { body: deal } = await api.post('/opportunity', { ...minimal, industry: 'Steel' });
  const tooLong = { industry: 'Steel and iron' };
  const create = { method: 'create', body: { ...minimal, ...tooLong } };
  const row = JSON.stringify({ ...minimal, ...tooLong, external_id: 'A-1' });
  const refusals = [
    (await api.post('/opportunity', { ...minimal, ...tooLong })).body.error,
    (await api.patch(`/opportunity/${deal.id}`, tooLong)).body.error,
    (await api.post('/opportunity/batch', { operations: [create] })).body.error,
    (await checkedImport(api, { format: 'ndjson' }, row, NDJSON_TYPE)).errors[0],
  ];
  expect(refusals.map(({ param }) => param)).toEqual([
    'industry',
    'industry',
    'operations[0].body.industry',
    'industry',
  ]);
  for (const { message } of refusals) expect(message).toMatch(/industry must not be longer than 5 characters\./);
});

it('give a new deal its value, and say so in the document', async () => {
  const { body: deal } = await api.post('/opportunity', minimal);
  expect(deal.territory).toBe('North');
  const { body: cleared } = await api.patch(`/opportunity/${deal.id}`, { territory: null });
  expect(cleared.territory).toBeNull();
  const { components } = (await api.get('//openapi.json')).body;
  expect(components.schemas.OpportunityCreate.properties.territory.default).toBe('North');
});
