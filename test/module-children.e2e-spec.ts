import 'reflect-metadata';
import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import fc from 'fast-check';
import { DataSource, Entity, type MigrationInterface, type QueryRunner } from 'typeorm';
import {
  ApiChildList,
  ApiCreate,
  ApiDelete,
  ApiReorder,
  ApiResource,
  ApiRetrieve,
  ApiUpdate,
  ChildResource,
  ChildrenQuery,
  CreateBody,
  CurrentCall,
  Idempotent,
  IfMatch,
  PageOf,
  ParentField,
  ReorderBody,
  ResourceChildren,
  ServiceModule,
  TextField,
  UpdateBody,
  type Call,
  type ExpectedVersions,
  type IdempotentRun,
} from 'crm-opportunity-service/kit';
import { Opportunity } from 'crm-opportunity-service/opportunity';
import type { Client, Json } from './support/client.js';
import { createOpportunity } from './support/fixtures.js';
import { registerModules } from '../src/modules/registry.js';
import type { Service } from './support/service.js';

/* Ordered children that a module gives to deals: the deal knows nothing of them. */

@Entity('acme_step')
@ApiSchema({ name: 'AcmeStep', description: 'A step on the way to a deal.' })
class AcmeStep extends ChildResource('acme-step') {
  @ParentField(() => Opportunity, { expandAs: 'acme_steps' })
  opportunity_id: string;

  @TextField({ required: true, description: 'What is done.', example: 'Call' })
  text: string;
}

class CreateStep extends CreateBody(AcmeStep) {}
class UpdateStep extends UpdateBody(AcmeStep) {}
class StepList extends PageOf(AcmeStep) {}
class StepQuery extends ChildrenQuery('opportunity') {}

const LIMIT = 12;

@Controller('api/crm/acme-step')
@ApiResource('Acme Step')
class StepController {
  private readonly steps: ResourceChildren<AcmeStep>;

  constructor(dataSource: DataSource) {
    this.steps = new ResourceChildren(dataSource, AcmeStep, { limit: LIMIT });
  }

  @Get()
  @ApiChildList('listAcmeSteps', 'List the steps of a deal', StepList)
  list(@CurrentCall() call: Call, @Query() query: StepQuery) {
    return this.steps.list(call, query);
  }

  @Post()
  @ApiCreate('createAcmeStep', 'Add a step to a deal', AcmeStep)
  create(@Body() body: CreateStep, @IfMatch('parent') expected: ExpectedVersions, @Idempotent() run: IdempotentRun) {
    return run((call) => this.steps.create(call, body, expected), body.opportunity_id);
  }

  @Post('reorder')
  @ApiReorder('reorderAcmeSteps', 'Reorder the steps of a deal', StepList)
  reorder(@Body() body: ReorderBody, @IfMatch('parent') expected: ExpectedVersions, @Idempotent() run: IdempotentRun) {
    return run((call) => this.steps.reorder(call, body, expected), body.parent_id);
  }

  @Get(':id')
  @ApiRetrieve('retrieveAcmeStep', 'Retrieve a step', AcmeStep)
  retrieve(@CurrentCall() call: Call, @Param('id') id: string) {
    return this.steps.retrieve(call, id);
  }

  @Patch(':id')
  @ApiUpdate('updateAcmeStep', 'Update a step', AcmeStep)
  update(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: UpdateStep,
    @IfMatch() expected: ExpectedVersions,
  ) {
    return this.steps.update(call, id, body, expected);
  }

  @Delete(':id')
  @ApiDelete('deleteAcmeStep', 'Delete a step', 'The steps after it move up by one.')
  remove(@CurrentCall() call: Call, @Param('id') id: string, @IfMatch() expected: ExpectedVersions) {
    return this.steps.remove(call, id, expected);
  }
}

class Steps1796000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table acme_step (
      workspace_id varchar(80) not null,
      version integer not null default 1,
      id varchar(80) not null,
      idx integer not null,
      opportunity_id varchar(80) not null,
      text varchar(140) not null,
      constraint idx_at_least_1 check (idx >= 1),
      constraint text_not_blank check (btrim(text, E' \\t\\n\\v\\f\\r') <> ''),
      constraint acme_step_order unique (workspace_id, opportunity_id, idx) deferrable initially deferred,
      constraint acme_step_opportunity_id_fk foreign key (workspace_id, opportunity_id)
        references opportunity (workspace_id, id) on delete cascade,
      primary key (workspace_id, id))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table acme_step');
  }
}

@ServiceModule({
  name: 'acme-steps',
  compatible: '^0.1',
  entities: [AcmeStep],
  migrations: [Steps1796000000001],
  tags: { 'Acme Step': 'Steps on the way to deals, in order.' },
  controllers: [StepController],
})
class AcmeSteps {}

let service: Service;
let api: Client;
beforeAll(async () => {
  registerModules([AcmeSteps]);
  const { startService } = await import('./support/service.js');
  service = await startService();
  ({ api } = service);
});
afterAll(() => service.stop());

const stepsOf = async (id: string): Promise<Json[]> => (await api.get(`/acme-step?parent_id=${id}`)).body.data;
const add = (opportunity_id: string, text: string, idx?: number): Promise<Json> =>
  api.post('/acme-step', { opportunity_id, text, ...(idx !== undefined && { idx }) });

/** A write of a client, made from numbers, and what it makes of a list of the same steps. */
type Write = { kind: 'add' | 'move' | 'remove' | 'reorder'; at: number; to: number };

const writes = fc.array(
  fc.record({
    kind: fc.constantFrom<Write['kind']>('add', 'add', 'move', 'remove', 'reorder'),
    at: fc.nat(LIMIT - 1),
    to: fc.nat(LIMIT - 1),
  }),
  { maxLength: LIMIT },
);

async function write(parent: string, steps: string[], { kind, at, to }: Write): Promise<void> {
  const from = at % Math.max(steps.length, 1);
  if (kind === 'add') {
    const { body } = await add(parent, 'Call', to + 1);
    steps.splice(to, 0, body.id);
    return;
  }
  const [id] = steps.splice(from, 1);
  if (kind === 'reorder') {
    if (id !== undefined) steps.push(id);
    await api.post('/acme-step/reorder', { parent_id: parent, ids: steps });
  } else if (id !== undefined && kind === 'remove') await api.delete(`/acme-step/${id}`);
  else if (id !== undefined) {
    steps.splice(to, 0, id);
    await api.patch(`/acme-step/${id}`, { idx: to + 1 });
  }
}

it('keep an order without gaps, and give the deal a version for each change, whatever is done to them', async () => {
  await fc.assert(
    fc.asyncProperty(writes, async (all) => {
      const { id } = await createOpportunity(api);
      const expected: string[] = [];
      for (const each of all) await write(id, expected, each);
      const steps = await stepsOf(id);
      expect(steps.map((step) => [step.idx, step.id])).toEqual(expected.map((each, index) => [index + 1, each]));
      const { body: history } = await api.get(`/opportunity/${id}/history?limit=100`);
      const versions = history.data.map(({ version }: Json) => version);
      expect(versions).toEqual(versions.toSorted((a: number, b: number) => b - a));
      const { headers } = await api.get(`/opportunity/${id}`);
      expect(headers.get('etag')).toBe(`"${versions[0]}"`);
    }),
    { numRuns: 10 },
  );
});

it('stand in the deal, in its history and in the event of its deletion, and go with it', async () => {
  const { id } = await createOpportunity(api);
  for (const text of ['Call', 'Visit']) await add(id, text);
  const { body: deal } = await api.get(`/opportunity/${id}?expand=acme_steps`);
  expect(deal.acme_steps).toEqual(await stepsOf(id));
  await api.delete(`/opportunity/${id}`);
  const { body: history } = await api.get(`/opportunity/${id}/history`);
  expect(history.data.map(({ type }: Json) => type)).toEqual([
    'opportunity.deleted',
    'acme_step.created',
    'acme_step.created',
    'opportunity.created',
  ]);
  expect(history.data[0].before.acme_steps).toMatchObject([{ text: 'Call' }, { text: 'Visit' }]);
  expect((await api.get(`/acme-step?parent_id=${id}`)).body.error.param).toBe('parent_id');
});

it('need a deal of the workspace in the version that is expected, and are no more than the limit', async () => {
  const { id } = await createOpportunity(api);
  const missing = await add('opportunity_x', 'Call');
  expect([missing.status, missing.body.error.param]).toEqual([404, 'opportunity_id']);
  expect((await service.other.get(`/acme-step?parent_id=${id}`)).status).toBe(404);
  const step = { opportunity_id: id, text: 'Call' };
  expect((await api.post('/acme-step', step, { 'If-Match': '"2"' })).status).toBe(412);
  for (let made = 0; made < LIMIT; made++) await add(id, 'Call');
  expect((await add(id, 'Call')).body.error.code).toBe('children_limit_reached');
});
