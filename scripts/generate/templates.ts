import { DefaultNamingStrategy } from 'typeorm';
import { inWords, type Field } from './fields.js';
import { sentence, type Names } from './names.js';

/* The files of a resource, as Prettier then formats them. */

export function entityFile({ resource, table, type, one, words }: Names, fields: readonly Field[]): string {
  return `import { ApiSchema } from '@nestjs/swagger';
import { Entity, Index } from 'typeorm';
import { ${importsOf(fields, ['Resource'])} } from '../../common/index.js';

/** ${sentence(one)}. Attributes stand in the order in which the API shows them. */
@Entity('${table}')
@Index('${table}_newest', ['workspace_id', 'created_at', 'id'])
@ApiSchema({ name: '${type}', description: '${sentence(one)}.' })
export class ${type} extends Resource('${resource}') {
${fields.map((field) => fieldLines(field, words)).join('\n\n')}
}
`;
}

/** What an entity imports of the kit: the decorators of its fields, and these. */
export function importsOf(fields: readonly Field[], others: readonly string[]): string {
  const usesDecimal = fields.some((field) => field.type === 'Decimal');
  const decorators = fields.map(({ decorator }) => decorator);
  return [...new Set([...others, ...decorators, ...(usesDecimal ? ['type Decimal'] : [])])].sort(byName).join(', ');
}

export function fieldLines({ name, decorator, options, required, type, example }: Field, words: string): string {
  const description = `${sentence(inWords(name))} of the ${words}.`;
  const all = { ...options, ...(required && { required }), description, example };
  return `@${decorator}(${JSON.stringify(all)})\n${name}: ${type}${required ? '' : ' | null'};`;
}

export function bodiesFile({ resource, type }: Names): string {
  return `import { CreateBody, ListQuery, ObjectQuery, PageOf, UpdateBody } from '../../common/index.js';
import { ${type} } from './${resource}.entity.js';

export class Create${type} extends CreateBody(${type}) {}

export class Update${type} extends UpdateBody(${type}) {}

export class ${type}List extends PageOf(${type}) {}

export class ${type}ListQuery extends ListQuery(${type}) {}

export class ${type}Query extends ObjectQuery(${type}) {}
`;
}

export function controllerFile({ resource, type, types, plural, one, tag }: Names): string {
  const rows = variable(plural);
  return `import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ApiCreate, ApiDelete, ApiList, ApiResource, ApiRetrieve, ApiUpdate } from '../../common/index.js';
import { CurrentCall, Idempotent, IfMatch, ResourceTable } from '../../common/index.js';
import type { Call, ExpectedVersions, IdempotentRun } from '../../common/index.js';
import { Create${type}, ${type}List, ${type}ListQuery, ${type}Query, Update${type} } from './${resource}.dto.js';
import { ${type} } from './${resource}.entity.js';

@Controller('api/crm/${resource}')
@ApiResource('${tag}')
export class ${type}Controller {
  private readonly ${rows}: ResourceTable<${type}>;

  constructor(dataSource: DataSource) {
    this.${rows} = new ResourceTable(dataSource, ${type});
  }

  @Get()
  @ApiList('list${types}', 'List all ${plural}', ${type}List, 'Newest first, unless \`sort\` says otherwise.')
  list(@CurrentCall() call: Call, @Query() query: ${type}ListQuery) {
    return this.${rows}.list(call, query);
  }

  @Post()
  @ApiCreate('create${type}', 'Create ${one}', ${type})
  create(@Body() body: Create${type}, @Idempotent() run: IdempotentRun) {
    return run((call) => this.${rows}.create(call, body));
  }

  @Get(':id')
  @ApiRetrieve('retrieve${type}', 'Retrieve ${one}', ${type})
  retrieve(@CurrentCall() call: Call, @Param('id') id: string, @Query() query: ${type}Query) {
    return this.${rows}.retrieve(call, id, query);
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
  @ApiDelete('delete${type}', 'Delete ${one}', 'This cannot be undone.')
  remove(@CurrentCall() call: Call, @Param('id') id: string, @IfMatch() expected: ExpectedVersions) {
    return this.${rows}.remove(call, id, expected);
  }
}
`;
}

export function moduleFile({ resource, type, plural, tag, migration, moment }: Names): string {
  return `import { ServiceModule } from '../../common/index.js';
import { ${migration} } from './${moment}-${resource}.js';
import { ${type}Controller } from './${resource}.controller.js';
import { ${type} } from './${resource}.entity.js';

@ServiceModule({
  name: '${resource}',
  entities: [${type}],
  migrations: [${migration}],
  tags: { ${JSON.stringify(tag)}: '${sentence(plural)}.' },
  controllers: [${type}Controller],
})
export class ${type}Module {}
`;
}

/** The lines between the brackets of `create table`; `own` are the columns that every such table has behind its id. */
export function tableLines(table: string, own: readonly string[], fields: readonly Field[]): string[] {
  return [
    'workspace_id varchar(80) not null',
    'version integer not null default 1',
    'id varchar(80) not null',
    ...own,
    ...fields.map(({ name, column, required }) => `${name} ${column}${required ? ' not null' : ''}`),
    ...fields.flatMap(({ checks }) =>
      Object.entries(checks).map(([name, condition]) => `constraint ${name} check (${condition})`),
    ),
    `constraint "${new DefaultNamingStrategy().primaryKeyName(table, ['workspace_id', 'id'])}" primary key (workspace_id, id)`,
  ];
}

export function migrationFile({ table, migration }: Names, fields: readonly Field[]): string {
  const times = ['created_at', 'updated_at'].map((name) => `${name} timestamptz(3) not null default now()`);
  return `import type { MigrationInterface, QueryRunner } from 'typeorm';
import { countRows, stopCountingRows } from '../../common/index.js';

export class ${migration} implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(\`
      create table ${table} (
        ${tableLines(table, times, fields).join(',\n        ')}
      );
      create index ${table}_newest on ${table} (workspace_id, created_at, id);\`);
    await countRows(runner, '${table}');
  }

  async down(runner: QueryRunner): Promise<void> {
    await stopCountingRows(runner, '${table}');
    await runner.query('drop table ${table}');
  }
}
`;
}

/** An object for the test, a change of it, and what it cannot be without. */
export function exampleOf(fields: readonly Field[]): { example: object; change: object; required: string[] } {
  const example = Object.fromEntries(fields.map(({ name, example }) => [name, example]));
  const optional = fields.find(({ required }) => !required)?.name;
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  return { example, change: optional === undefined ? example : { [optional]: null }, required };
}

export function testFile({ resource, plural }: Names, fields: readonly Field[]): string {
  const { example, change, required } = exampleOf(fields);
  const missing = `
  it('need ${required.map(inWords).join(', ')}', async () => {
    const { status, body } = await service.api.post('/${resource}', {});
    expect(status).toBe(400);
    expect(body.error.errors.map(({ param }: { param: string }) => param)).toEqual(${JSON.stringify(required)});
  });
`;
  return `import { startService, type Service } from './support/service.js';

const example = ${JSON.stringify(example)};

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe('${plural}', () => {
  it('are created, retrieved, changed, listed and deleted', async () => {
    const { api, other } = service;
    const created = await api.post('/${resource}', example);
    expect(created).toMatchObject({ status: 201, body: example });
    const path = \`/${resource}/\${String(created.body.id)}\`;

    const change = ${JSON.stringify(change)};
    const changed = await api.patch(path, change);
    expect(changed.body).toMatchObject({ ...example, ...change });
    expect((await api.get(path)).body).toEqual(changed.body);
    expect((await other.get(path)).status).toBe(404);
    expect((await api.get('/${resource}')).body).toEqual({ data: [changed.body], has_more: false, total: 1 });

    expect((await api.delete(path)).status).toBe(200);
    expect((await api.get('/${resource}')).body).toMatchObject({ data: [], total: 0 });
  });
${required.length > 0 ? missing : ''}});
`;
}

export function variable(words: string): string {
  return words.replaceAll(/ ([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

function byName(one: string, other: string): number {
  return one.replace('type ', '').localeCompare(other.replace('type ', ''));
}
