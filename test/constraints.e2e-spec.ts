import { DataSource, Entity, JoinColumn, ManyToOne, Unique, type Relation } from 'typeorm';
import { databaseFault } from '../src/common/errors/sqlstate.js';
import { ID_LENGTH, Resource, Table, TextField, type Call } from '../src/common/index.js';
import { loadConfig } from '../src/config/config.js';
import { Opportunity } from '../src/crm/opportunity/opportunity.entity.js';
import { dataSourceOptions } from '../src/database/data-source.js';
import { entities } from '../src/schema.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';

/* A resource with a unique number and a reference to a deal, and what PostgreSQL's refusals are answered with. */

@Entity('ticket')
@Unique('ticket_number', ['workspace_id', 'number'])
class Ticket extends Resource('ticket') {
  @TextField({ required: true, description: 'Number.', example: 'T-1' })
  number: string;

  @TextField({ maxLength: ID_LENGTH, description: 'Id of the deal.' })
  opportunity_id: string | null;

  @ManyToOne(() => Opportunity)
  @JoinColumn([
    { name: 'workspace_id', referencedColumnName: 'workspace_id' },
    { name: 'opportunity_id', referencedColumnName: 'id' },
  ])
  opportunity?: Relation<Opportunity>;
}

let database: TestDatabase;
let dataSource: DataSource;
let tickets: Table<Ticket>;
let deals: Table<Opportunity>;
let call: Call;
beforeAll(async () => {
  database = await cloneDatabase();
  const options = dataSourceOptions(loadConfig({}), database.url);
  dataSource = new DataSource({ ...options, entities: [...entities, Ticket], extra: { pipeline: true } });
  await dataSource.initialize();
  await dataSource.synchronize();
  tickets = new Table(dataSource, Ticket);
  deals = new Table(dataSource, Opportunity);
  call = callOf('w');
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

const callOf = (workspaceId: string): Call => ({
  workspaceId,
  keyId: 'k',
  requestId: 'r',
  manager: dataSource.manager,
});

async function refusal(work: Promise<unknown>): Promise<object> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const { exception, validatorMiss } = databaseFault(error) ?? {};
  return { status: exception?.getStatus(), ...exception?.fault, validatorMiss };
}

it('names the attribute whose value another object of the workspace has, on create and on update', async () => {
  await tickets.insert(call, { number: 'T-1' });
  await tickets.insert(callOf('other'), { number: 'T-1' });
  const { id } = await tickets.insert(call, { number: 'T-2' });
  const expected = { status: 400, code: 'parameter_not_unique', param: 'number', validatorMiss: false };
  expect(await refusal(tickets.insert(call, { number: 'T-1' }))).toMatchObject(expected);
  expect(await refusal(tickets.insertMany(call, [{ number: 'T-1' }]))).toMatchObject(expected);
  expect(await refusal(tickets.update(call, id, { number: 'T-1' }))).toMatchObject(expected);
});

it('names the reference that leads to nothing, another workspace included, and what is still referred to', async () => {
  const body = { opportunity_from: 'Lead', party_name: 'A', company: 'B', transaction_date: '2024-01-15' };
  const deal = await deals.insert(call, body);
  await tickets.insert(call, { number: 'T-3', opportunity_id: deal.id });
  const message = `No such opportunity: '${deal.id}'.`;
  const missing = { status: 404, code: 'resource_missing', param: 'opportunity_id', message, validatorMiss: false };
  const foreign = tickets.insert(callOf('other'), { number: 'T-4', opportunity_id: deal.id });
  expect(await refusal(foreign)).toMatchObject(missing);
  const referenced = { status: 409, code: 'resource_referenced', validatorMiss: false };
  expect(await refusal(deals.delete(call, deal.id))).toMatchObject(referenced);
});
