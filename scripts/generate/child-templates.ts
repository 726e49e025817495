import type { Field } from './fields.js';
import { sentence, type Names, type ParentNames } from './names.js';
import { exampleOf, fieldLines, importsOf, tableLines, variable } from './templates.js';

/* The files of a resource whose objects are the ordered children of another one's, as Prettier then formats them. */

export function entityFile(
  { resource, table, type, one, words }: Names,
  fields: readonly Field[],
  parent: ParentNames,
): string {
  return `import { ApiSchema } from '@nestjs/swagger';
import { Entity } from 'typeorm';
import { ${importsOf(fields, ['ChildResource', 'ParentField'])} } from '../../common/index.js';
import { ${parent.type} } from '../${parent.resource}/${parent.resource}.entity.js';

/** ${sentence(one)} of ${parent.one}. Attributes stand in the order in which the API shows them. */
@Entity('${table}')
@ApiSchema({ name: '${type}', description: '${sentence(one)} of ${parent.one}.' })
export class ${type} extends ChildResource('${resource}') {
  @ParentField(() => ${parent.type})
  ${parent.key}: string;

${fields.map((field) => fieldLines(field, words)).join('\n\n')}
}
`;
}

export function bodiesFile({ resource, type }: Names, parent: ParentNames): string {
  return `import { ChildrenQuery, CreateBody, PageOf, UpdateBody } from '../../common/index.js';
import { ${type} } from './${resource}.entity.js';

export class Create${type} extends CreateBody(${type}) {}

export class Update${type} extends UpdateBody(${type}) {}

export class ${type}List extends PageOf(${type}) {}

export class ${type}Query extends ChildrenQuery('${parent.resource}') {}
`;
}

export function controllerFile({ resource, type, types, plural, words, one, tag }: Names, parent: ParentNames): string {
  const rows = variable(plural);
  return `import { Body, Controller, Delete, Get, Inject, Param, Patch, Post, Query } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ApiChildList, ApiCreate, ApiDelete, ApiReorder, ApiResource, ApiRetrieve, ApiUpdate } from '../../common/index.js';
import { CurrentCall, Idempotent, IfMatch, ReorderBody, ResourceChildren } from '../../common/index.js';
import type { Call, ExpectedVersions, IdempotentRun } from '../../common/index.js';
import { CONFIG, type Config } from '../../config/config.js';
import { Create${type}, ${type}List, ${type}Query, Update${type} } from './${resource}.dto.js';
import { ${type} } from './${resource}.entity.js';

@Controller('api/crm/${resource}')
@ApiResource('${tag}')
export class ${type}Controller {
  private readonly ${rows}: ResourceChildren<${type}>;

  constructor(dataSource: DataSource, @Inject(CONFIG) config: Config) {
    this.${rows} = new ResourceChildren(dataSource, ${type}, { limit: config.MAX_CHILDREN });
  }

  @Get()
  @ApiChildList('list${types}', 'List the ${plural} of ${parent.one}', ${type}List)
  list(@CurrentCall() call: Call, @Query() query: ${type}Query) {
    return this.${rows}.list(call, query);
  }

  @Post()
  @ApiCreate('create${type}', 'Add ${one} to ${parent.one}', ${type})
  create(@Body() body: Create${type}, @IfMatch('parent') expected: ExpectedVersions, @Idempotent() run: IdempotentRun) {
    return run((call) => this.${rows}.create(call, body, expected), body.${parent.key});
  }

  @Post('reorder')
  @ApiReorder('reorder${types}', 'Reorder the ${plural} of ${parent.one}', ${type}List)
  reorder(@Body() body: ReorderBody, @IfMatch('parent') expected: ExpectedVersions, @Idempotent() run: IdempotentRun) {
    return run((call) => this.${rows}.reorder(call, body, expected), body.parent_id);
  }

  @Get(':id')
  @ApiRetrieve('retrieve${type}', 'Retrieve ${one}', ${type})
  retrieve(@CurrentCall() call: Call, @Param('id') id: string) {
    return this.${rows}.retrieve(call, id);
  }

  @Patch(':id')
  @ApiUpdate('update${type}', 'Update ${one}', ${type})
  update(
    @CurrentCall() call: Call,
    @Param('id') id: string,
    @Body() body: Update${type},
    @IfMatch() expected: ExpectedVersions,
  ) {
    return this.${rows}.update(call, id, body, expected);
  }

  @Delete(':id')
  @ApiDelete('delete${type}', 'Delete ${one}', 'Those after the ${words} move up by one.')
  remove(@CurrentCall() call: Call, @Param('id') id: string, @IfMatch() expected: ExpectedVersions) {
    return this.${rows}.remove(call, id, expected);
  }
}
`;
}

export function migrationFile({ table, migration }: Names, fields: readonly Field[], parent: ParentNames): string {
  const own = ['idx integer not null', `${parent.key} varchar(80) not null`];
  const lines = [
    ...tableLines(table, own, fields),
    'constraint idx_at_least_1 check (idx >= 1)',
    `constraint ${table}_order unique (workspace_id, ${parent.key}, idx) deferrable initially deferred`,
    `constraint ${table}_${parent.key}_fk foreign key (workspace_id, ${parent.key}) references ${parent.table} (workspace_id, id) on delete cascade`,
  ];
  return `import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ${migration} implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(\`
      create table ${table} (
        ${lines.join(',\n        ')}
      );\`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table ${table}');
  }
}
`;
}

export function testFile({ resource, plural }: Names, fields: readonly Field[], parent: ParentNames): string {
  const { example, change } = exampleOf(fields);
  return `import { operationsOf } from './support/operations.js';
import { Sample } from './support/sample.js';
import { startService, type Service } from './support/service.js';

const example = ${JSON.stringify(example)};

let service: Service;
let parent_id: string;
beforeAll(async () => {
  service = await startService();
  const admin = await service.clientWith({ scopes: ['admin'] });
  // Of the example in the API document, whatever a ${parent.words} needs.
  const sample = await Sample.of('${parent.resource}', admin, operationsOf(service.document));
  parent_id = sample.byResource['${parent.resource}'] ?? '';
  const { data } = (await service.api.get(\`/${resource}?parent_id=\${parent_id}\`)).body;
  for (const { id } of data) await service.api.delete(\`/${resource}/\${String(id)}\`);
});
afterAll(() => service.stop());

describe('${plural}', () => {
  it('keep their order as they are added, changed, moved and deleted', async () => {
    const { api, other } = service;
    const add = async (idx?: number): Promise<string> => {
      const created = await api.post('/${resource}', { ...example, ${parent.key}: parent_id, ...(idx && { idx }) });
      expect(created).toMatchObject({ status: 201, body: example });
      return String(created.body.id);
    };
    const ids = async (): Promise<string[]> => {
      const { data } = (await api.get(\`/${resource}?parent_id=\${parent_id}\`)).body;
      expect(data.map(({ idx }: { idx: number }) => idx)).toEqual(data.map((_row: object, at: number) => at + 1));
      return data.map(({ id }: { id: string }) => id);
    };
    const [first, last] = [await add(), await add()];
    const middle = await add(2);
    expect(await ids()).toEqual([first, middle, last]);

    const change = ${JSON.stringify(change)};
    const changed = await api.patch(\`/${resource}/\${first}\`, { ...change, idx: 3 });
    expect(changed.body).toMatchObject({ ...example, ...change, idx: 3 });
    expect((await other.get(\`/${resource}/\${first}\`)).status).toBe(404);
    expect(await ids()).toEqual([middle, last, first]);

    await api.post('/${resource}/reorder', { parent_id, ids: [first, middle, last] });
    await api.delete(\`/${resource}/\${middle}\`);
    expect(await ids()).toEqual([first, last]);
  });

  it('need ${parent.one}', async () => {
    const { status, body } = await service.api.post('/${resource}', { ...example, ${parent.key}: '${parent.resource}_x' });
    expect([status, body.error.param]).toEqual([404, '${parent.key}']);
    const { status: listed } = await service.api.get('/${resource}?parent_id=${parent.resource}_x');
    expect(listed).toBe(404);
  });
});
`;
}
