import { DataSource, getMetadataArgsStorage } from 'typeorm';
import { PercentField, QuantityField, TextField } from '../src/common/fields/index.js';
import { loadConfig } from '../src/config/config.js';
import { migrationOptions } from '../src/database/data-source.js';
import { prepareSchema } from '../src/database/migrate.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { addItem, addReason, createOpportunity, minimal } from './support/fixtures.js';
import { startService, type Service } from './support/service.js';

/* The rules of the fields hold for what is stored, by whatever way it comes. */

let service: Service;
let id: string;
beforeAll(async () => {
  service = await startService();
  ({ id } = await createOpportunity(service.api));
  await addItem(service.api, id);
  await addReason(service.api, id);
});
afterAll(() => service.stop());

it.each([
  ['opportunity', 'conversion_rate = 0'],
  ['opportunity', 'probability = -0.000000001'],
  ['opportunity', 'probability = 100.000000001'],
  ['opportunity', 'first_response_time = -1'],
  ['opportunity', `status = 'open'`],
  ['opportunity', `party_name = E' \\t\\n'`],
  ['opportunity_item', 'qty = -1'],
  ['opportunity_item', 'idx = 0'],
  ['opportunity_lost_reason_detail', 'idx = 0'],
  ['opportunity_lost_reason_detail', `lost_reason = ''`],
  ['api_key', 'rate_limit = -1'],
])('the database refuses %s with %s', async (table, change) => {
  await expect(service.database.query(`update ${table} set ${change}`)).rejects.toMatchObject({ code: '23514' });
});

it('a field brings its constraint along, for whoever writes an entity', () => {
  class Sample {
    @QuantityField({ description: 'How many.' })
    quantity: number | null;
    @PercentField({ description: 'Which part.' })
    part: number | null;
    @TextField({ description: 'What.', required: true })
    name: string;
  }
  const checks = getMetadataArgsStorage().checks.filter(({ target }) => target === Sample);
  expect(checks.map(({ name }) => name).toSorted()).toEqual([
    'name_not_blank',
    'part_at_least_0',
    'part_at_most_100',
    'quantity_at_least_0',
  ]);
});

describe('a number with more than nine decimals, or far out of its range', () => {
  const create = (attribute: string, digits: string): Promise<{ status: number; text: string }> => {
    const body = JSON.stringify(minimal).replace(/}$/, `,"${attribute}":${digits}}`);
    return service.api.request('POST', '/opportunity', { body });
  };

  it.each([
    ['conversion_rate', '0.00000000049999999999999999999', 'must be greater than 0'],
    ['conversion_rate', '-1e400', 'must be greater than 0'],
    ['probability', '1e400', 'must not be greater than 100'],
    ['probability', '100.0000000005000000000', 'must not be greater than 100'],
    ['probability', '-0.00000000050000000000000001', 'must not be less than 0'],
  ])('is refused for what would be stored: %s %s', async (attribute, digits, message) => {
    const { status, text } = await create(attribute, digits);
    expect([status, text]).toEqual([400, expect.stringContaining(`${attribute} ${message}`)]);
  });

  it.each([
    ['conversion_rate', '0.0000000005', '1e-9'],
    ['probability', '100.00000000049999999999999', '100'],
    ['probability', '-0.00000000049999999999999', '0'],
  ])('is stored rounded half-up: %s %s is %s', async (attribute, digits, stored) => {
    const { status, text } = await create(attribute, digits);
    expect([status, text]).toEqual([201, expect.stringContaining(`"${attribute}":${stored},`)]);
  });

  it.each([
    ['gte', '1.0000000010000000001', 0],
    ['gte', '1.000000001', 1],
    ['lt', '1.0000000010000000001', 1],
    ['lt', '1.000000001', 0],
  ])('that filters compares all of its digits with what is stored: %s %s', async (operator, digits, found) => {
    await service.database.query('update opportunity set opportunity_amount = 1.000000001 where id = $1', [id]);
    const { body } = await service.api.get(
      `/opportunity?party_name=${minimal.party_name}&opportunity_amount[${operator}]=${digits}`,
    );
    expect(body.data.filter((deal: { id: string }) => deal.id === id)).toHaveLength(found);
  });
});

describe('the migration that adds the constraints', () => {
  const config = loadConfig({});
  let database: TestDatabase;
  beforeEach(async () => {
    database = await cloneDatabase();
    const dataSource = await new DataSource(migrationOptions(config, database.url)).initialize();
    while ((await constraints()).length > 0) await dataSource.undoLastMigration();
    await dataSource.destroy();
    await database.query(`insert into workspace (id, name, mode) values ('w', 'w', 'test')`);
    await database.query(`insert into opportunity (workspace_id, id, opportunity_from, party_name, company, transaction_date, conversion_rate)
      values ('w', 'opportunity_1', 'Lead', 'p', 'c', '2024-01-15', 0)`);
  });
  afterEach(() => database.drop());

  const constraints = (): Promise<{ name: string; valid: boolean }[]> =>
    database.query(`select conname as name, convalidated as valid from pg_constraint
      where contype = 'c' and connamespace = 'public'::regnamespace`);

  it('names rows that break one and how to find them, and goes on once they are corrected', async () => {
    await expect(prepareSchema(config, database.url)).rejects.toThrow(
      /rows of opportunity break the rule "conversion_rate_positive".*\n +select \* from opportunity where not \(conversion_rate > 0\)/,
    );
    await database.query('update opportunity set conversion_rate = 1');
    await prepareSchema(config, database.url);
    expect((await constraints()).filter(({ valid }) => !valid)).toEqual([]);
  });

  it('does not wait long for a table that is in use, with all requests behind it', async () => {
    await database.query('update opportunity set conversion_rate = 1');
    const reader = await new DataSource(migrationOptions(config, database.url)).initialize();
    await reader.transaction(async (manager) => {
      await manager.query('select from opportunity');
      await expect(prepareSchema(config, database.url)).rejects.toThrow('lock timeout');
    });
    await reader.destroy();
    await prepareSchema(config, database.url);
    expect(await constraints()).not.toEqual([]);
  });
});
