import type { ClientBase } from 'pg';
import type { Config } from '../config/config.js';
import { connect } from './connect.js';
import { requireDistribution } from './distributed/citus.js';
import { SchemaError } from './schema-error.js';

const MAKE_ONE = `Make a new one, as with: createdb --template=template0 --encoding=UTF8 --locale=C.UTF-8 crm
What this one holds can be brought along by: npm run backup -- dump, and restore.`;

/** Throws a `SchemaError` for a database in which part of what the service does would silently not work. */
export async function requireSuitableDatabase(
  url: string,
  { DATABASE_DISTRIBUTED }: Pick<Config, 'DATABASE_DISTRIBUTED'>,
): Promise<void> {
  const client = await connect(url);
  try {
    await requireUnicode(client);
    await refuseOtherSchema(client);
    await requireDistribution(client, DATABASE_DISTRIBUTED !== undefined);
  } finally {
    await client.end();
  }
}

/** What folding leaves to the locale, tried rather than told from names: those differ by version and system. */
const FOLDS = `select lower('ÉΩЖI') = 'éωжi' as folds`;

async function requireUnicode(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ encoding: string }>(`select current_setting('server_encoding') as encoding`);
  const encoding = rows[0]?.encoding ?? '';
  if (encoding !== 'UTF8')
    throw new SchemaError(`The encoding of the database is ${encoding}; it has to be UTF8. ${MAKE_ONE}`);
  const { rows: tried } = await client.query<{ folds: boolean }>(FOLDS);
  if (tried[0]?.folds !== true)
    throw new SchemaError(
      `The locale of the database (LC_CTYPE) does not know the letters of Unicode, so search would not find them. ${MAKE_ONE}`,
    );
}

const OTHER_SCHEMA = `
  select n.nspname as name, current_schema() as own from pg_namespace n
  where n.nspname is distinct from current_schema() and has_schema_privilege(n.oid, 'usage')
    and to_regclass(format('%I.opportunity', n.nspname)) is not null
    and to_regclass(format('%I.migrations', n.nspname)) is not null
    and (current_schema() is null or to_regclass(format('%I.opportunity', current_schema())) is null)`;

/** A second, empty set of tables would look as if all data were lost. */
async function refuseOtherSchema(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string; own: string | null }>(OTHER_SCHEMA);
  const [other] = rows;
  if (other === undefined) return;
  throw new SchemaError(
    `The tables of the service are in the schema "${other.name}", but this role works in ${other.own === null ? 'none' : `"${other.own}"`}. ` +
      `To use them: alter role current_user set search_path = "${other.name}". ` +
      'To create new tables, use another database, or a role without rights on that schema.',
  );
}
