import { computedOf } from '../src/common/fields/computed.fields.js';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { DataSource, type EntityMetadata } from 'typeorm';
import { propertyNames, schemaName } from '../src/common/fields/property-metadata.js';
import { ERROR_CODES } from '../src/common/errors/error-codes.js';
import { loadConfig } from '../src/config/config.js';
import { dataSourceOptions } from '../src/database/data-source.js';
import { prepareSchema } from '../src/database/migrate.js';
import { MigratingDataSource } from '../src/database/migrating-data-source.js';
import { SchemaError } from '../src/database/schema-error.js';
import { entities, errors } from '../src/schema.js';
import type { Json } from './support/client.js';
import { cloneDatabase, type TestDatabase } from './support/database.js';
import { hiddenOperations } from './support/of-modules.js';
import { SCHEMA_CONTENTS } from './support/schema-contents.js';
import { startService, type Service } from './support/service.js';

/* What a reviewer would have to look for in every change: the document, the entities, the schema and the folders agree. */

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

describe('an entity that the document shows', () => {
  const shown = (): typeof entities =>
    entities.filter((entity) => service.document.components?.schemas?.[schemaName(entity)] !== undefined);

  it('has no stored column that is neither documented nor hidden', async () => {
    for (const entity of shown()) {
      const name = schemaName(entity);
      const metadata = service.app.get(DataSource).getMetadata(entity);
      const children = metadata.relations.map(({ propertyName }) => propertyName);
      const isOfOthers = (each: string): boolean =>
        children.includes(each) || each in computedOf(entity) || schemaOf(name).properties[each].items?.$ref;
      const documented = Object.keys(schemaOf(name).properties).filter((each) => !isOfOthers(each));
      const answered = metadata.columns.filter((column) => column.isSelect).map((column) => column.databaseName);
      expect([name, answered.toSorted()]).toEqual([name, documented.toSorted()]);
      expect([name, namesOf(metadata)]).toEqual([name, await storedColumns(metadata.tableName)]);
    }
  });

  it('is every one with documented fields, and none shows the hash of a key', () => {
    const documented = entities.filter((entity) => propertyNames(entity).length > 0);
    expect(shown()).toEqual(expect.arrayContaining(documented));
    expect(JSON.stringify(service.document.components?.schemas)).not.toContain('"hash"');
  });

  function namesOf({ columns }: EntityMetadata): string[] {
    return columns.map((column) => column.databaseName).toSorted();
  }

  async function storedColumns(table: string): Promise<string[]> {
    const rows = await service.database.query<{ name: string }>(
      `select column_name as name from information_schema.columns where table_schema = 'public' and table_name = $1`,
      [table],
    );
    return rows.map(({ name }) => name).toSorted();
  }
});

describe('the schema', () => {
  const config = loadConfig({});
  let database: TestDatabase;
  let dataSource: DataSource;
  beforeEach(async () => {
    database = await cloneDatabase();
    await prepareSchema(config, database.url);
    // Comparing the schema sends statements side by side, which the driver has to be told to expect.
    const options = dataSourceOptions(config, database.url);
    dataSource = await new MigratingDataSource({ ...options, extra: { pipeline: true } }).initialize();
  });
  afterEach(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  it('is what the entities describe once every migration has run', async () => {
    expect(await dataSource.showMigrations()).toBe(false);
    expect((await dataSource.driver.createSchemaBuilder().log()).upQueries).toEqual([]);
  });

  it.each([
    'alter table opportunity add column surplus text',
    'alter table opportunity alter column sales_stage drop default',
    'drop index opportunity_newest',
    'alter table opportunity_item drop constraint opportunity_item_order',
    'alter table opportunity_item drop constraint qty_at_least_0',
  ])('is refused at the start once it differs: %s', async (change) => {
    await database.query(change);
    await expect(prepareSchema(config, database.url)).rejects.toThrow(SchemaError);
  });

  it('has no index that lets one write wait for the entries of thousands', async () => {
    const text = `select c.relname as name from pg_class c join pg_am a on a.oid = c.relam
      where a.amname = 'gin' and c.relnamespace = 'public'::regnamespace
        and not 'fastupdate=off' = any(coalesce(reloptions, '{}'))`;
    expect(await database.query(text)).toEqual([]);
  });

  it('can be taken down by the migrations, leaving nothing behind, and built again', async () => {
    const full = await contents();
    expect(full).not.toEqual([]);
    while ((await executed()) > 0) await dataSource.undoLastMigration();
    expect(await contents()).toEqual([]);
    await dataSource.runMigrations();
    expect(await contents()).toEqual(full);
    expect((await dataSource.driver.createSchemaBuilder().log()).upQueries).toEqual([]);
  });

  async function executed(): Promise<number> {
    const [row] = await database.query<{ n: number }>('select count(*)::int as n from migrations');
    return row?.n ?? 0;
  }

  function contents(): Promise<object[]> {
    return database.query(SCHEMA_CONTENTS);
  }
});

describe('the folders', () => {
  it('import what the table of docs/architecture.md lets them, all of it, and never each other', async () => {
    const page = await readFile(resolve(import.meta.dirname, '../docs/architecture.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([\w.-]+)` +\| (.*) \|$/gm)].map(([, folder = '', cell = '']) => ({
      folder: withoutSuffix(folder),
      allowed: [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => withoutSuffix(name)),
    }));
    const roomOf = (path: string): string => path.split('/')[0] ?? '';
    // What lies beside `src` is the client package, with the types that the page shares.
    const isBeside = (path: string): boolean => path.startsWith('..');
    const across = (await importsUnder('.')).filter(({ from, to }) => roomOf(from) !== roomOf(to) && !isBeside(to));
    expect(rows.map(({ folder }) => folder)).toEqual(
      expect.arrayContaining([...new Set(across.flatMap(({ from, to }) => [roomOf(from), roomOf(to)]))]),
    );
    for (const { folder, allowed } of rows) {
      const imports = across.filter(({ from }) => roomOf(from) === folder);
      const isOf = (to: string, name: string): boolean => to === name || to.startsWith(`${name}/`);
      expect(imports.filter(({ to }) => !allowed.some((name) => isOf(to, name)))).toEqual([]);
      expect([folder, allowed.filter((name) => !imports.some(({ to }) => isOf(to, name)))]).toEqual([folder, []]);
      expect(
        imports.filter(({ to }) =>
          across.some((other) => roomOf(other.from) === roomOf(to) && roomOf(other.to) === folder),
        ),
      ).toEqual([]);
    }
  });

  it('let a resource use another only by its entity, bodies, module, service, aggregate or index', async () => {
    const between = (await importsUnder('crm')).filter(({ from, to }) => {
      const [, source] = from.split('/');
      const [folder, target] = to.split('/');
      return folder === 'crm' && from.split('/').length > 2 && source !== target;
    });
    const allowed = /^crm\/([^/]+)\/(\1\.(entity|dto|module|service|aggregate)|index)$/;
    expect(between.length).toBeGreaterThan(0);
    expect(between.filter(({ to }) => !allowed.test(to))).toEqual([]);
  });

  it('of the kit are all on its map', async () => {
    const common = resolve(import.meta.dirname, '../src/common');
    const entries = await readdir(common, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const map = await readFile(join(common, 'README.md'), 'utf8');
    const rows = [...map.matchAll(/^\| (`.*?`) +\|/gm)].flatMap(([, cell = '']) => cell.split(', '));
    expect(rows.map((name) => name.replaceAll('`', '')).toSorted()).toEqual(folders.toSorted());
  });

  function withoutSuffix(path: string): string {
    return path.replace(/\.ts$/, '');
  }

  /** Every relative import in a folder, as paths from `src` without the suffix. */
  async function importsUnder(folder: string): Promise<{ from: string; to: string }[]> {
    const src = resolve(import.meta.dirname, '../src');
    const names = await readdir(join(src, folder), { recursive: true });
    const files = names.filter((name) => /(?<!\.spec)\.tsx?$/.test(name)).map((name) => join(src, folder, name));
    const found = await Promise.all(
      files.map(async (file) => {
        const text = await readFile(file, 'utf8');
        const targets = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, target = '']) => target);
        const plain = (path: string): string => relative(src, path).replace(/\.[jt]sx?$/, '');
        return targets.map((target) => ({ from: plain(file), to: plain(join(dirname(file), target)) }));
      }),
    );
    return found.flat();
  }
});

describe('the document', () => {
  it('has a schema with properties for every body', () => {
    // A body class that is imported as a type alone leaves an empty schema, and nothing is validated.
    const writes = operations().filter(({ requestBody }) => requestBody?.content['application/json'] !== undefined);
    expect(writes).not.toEqual([]);
    const withoutBody = writes.filter(({ requestBody }) => {
      const { schema } = requestBody?.content['application/json'] ?? {};
      return Object.keys(schemaOf(schema?.$ref).properties ?? {}).length === 0;
    });
    expect(withoutBody.map(({ operationId }) => operationId)).toEqual([]);
  });

  it('gives every operation an id of its own', () => {
    const ids: string[] = operations().map(({ operationId }) => operationId);
    expect(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id))).toEqual([]);
    expect([...new Set(ids)]).toEqual(ids);
  });

  it('keeps the operation ids that were published, as generated clients call them', async () => {
    const published = JSON.parse(await readFile(resolve(import.meta.dirname, '../openapi.json'), 'utf8'));
    const now = new Map(operations().map(({ method, path, operationId }) => [`${method} ${path}`, operationId]));
    const offered = operationsOf(published).filter(({ operationId }) => !hiddenOperations.includes(operationId));
    const changed = offered.filter(({ method, path, operationId }) => now.get(`${method} ${path}`) !== operationId);
    expect(changed).toEqual([]);
  });

  it('describes every operation: a summary, one of the listed tags, and what can always go wrong', () => {
    const tags = service.document.tags?.map(({ name }) => name) ?? [];
    const incomplete = operations().filter(
      ({ path, summary, tags: own, responses }) =>
        !summary ||
        own?.length !== 1 ||
        !tags.includes(own[0]) ||
        (path.startsWith('/api/') && ![401, 403, 500, 503].every((status) => responses[status] !== undefined)),
    );
    expect(incomplete.map(({ operationId }) => operationId)).toEqual([]);
  });

  it('lists and explains every error code', () => {
    const { code } = schemaOf('ErrorDetail').properties;
    const codes = Object.keys({ ...ERROR_CODES, ...errors });
    expect(code.enum).toEqual(codes);
    expect(codes.filter((name) => !code.description.includes(`\`${name}\`: `))).toEqual([]);
    expect(schemaOf('ParameterError').properties.code.enum).toEqual(codes);
  });

  const operations = (): Json[] => operationsOf(service.document);

  function operationsOf({ paths }: Json): Json[] {
    return Object.entries<Json>(paths).flatMap(([path, methods]) =>
      Object.entries<Json>(methods).map(([method, operation]) => ({ ...operation, method, path })),
    );
  }
});

/** The schema of a name or a `$ref`; without properties if there is none. */
function schemaOf(name: string | undefined): Json {
  return service.document.components?.schemas?.[name?.split('/').at(-1) ?? ''] ?? {};
}
