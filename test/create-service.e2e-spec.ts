import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Json } from './support/client.js';
import { cloneDatabase } from './support/database.js';
import { freePort, StartedService } from './support/started-service.js';

/** A `main.ts` of somebody's own, as it is when it is built. */
const program = (hidden: string): string => `
import { createService } from '${resolve('dist/src/index.js')}';
import { extendResource, ServiceModule } from '${resolve('dist/src/common/index.js')}';
import { Opportunity } from '${resolve('dist/src/crm/opportunity/index.js')}';

class AcmeRules {}
const onOpportunity = extendResource(Opportunity, { hide: ['${hidden}'], defaults: { sales_stage: 'Qualification' } });
ServiceModule({ name: 'acme-rules', compatible: '^0.1', extends: [onOpportunity] })(AcmeRules);

await createService({ modules: [AcmeRules] }).start();
`;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crm-main-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function started(hidden: string, environment: Record<string, string>): Promise<StartedService> {
  const main = join(directory, 'main.mjs');
  await writeFile(main, program(hidden));
  return new StartedService(directory, environment, [main]);
}

it('serves with the modules that it is given, until a signal ends it', async () => {
  const database = await cloneDatabase();
  const service = await started('eraseOpportunity', { PORT: await freePort(), DATABASE_URL: database.url });
  try {
    await service.started();
    const document: Json = await (await fetch(new URL('/openapi.json', service.printed('API')))).json();
    expect(document.paths['/api/crm/opportunity/{id}/erase']).toBeUndefined();
    expect(document.components.schemas.OpportunityCreate.properties.sales_stage.default).toBe('Qualification');
    service.signal('SIGTERM');
    expect(await service.exit()).toBe(0);
  } finally {
    await service.kill();
    await database.drop();
  }
});

it('ends with a sentence if a module does not fit', async () => {
  const database = await cloneDatabase();
  const service = await started('ringBells', { PORT: await freePort(), DATABASE_URL: database.url });
  expect(await service.exit()).toBe(1);
  expect(service.output).toBe("The module 'acme-rules' hides 'ringBells', which is no operation of the API.\n");
  await database.drop();
});
