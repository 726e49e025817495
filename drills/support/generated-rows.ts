/*
 * Rows for any table, made from the catalogue, so that a table which a new migration brings is filled without a word here.
 * The nth row of a table that points at another points at its nth row.
 */

export type Query = <Row extends object>(text: string, values?: unknown[]) => Promise<Row[]>;

export interface Table {
  name: string;
  columns: Column[];
}

interface Column {
  name: string;
  type: string;
  /** Most characters of a text, or most digits of a number. */
  size: number | null;
  /** The table of the column that a foreign key makes this one repeat, and that column. */
  of: string | null;
  ofColumn: string | null;
  hasDefault: boolean;
  /** A word that it may be, where it may be one of a few. */
  word: string | null;
}

/** Rows of one workspace have an nth row of each table that the others lack. */
const WORKSPACES = 4;

/** Kept by triggers, or by TypeORM. */
const NOT_OURS = ['row_count', 'migrations', 'typeorm_metadata'];

const COLUMNS = `
  select c.relname as table, a.attname as name, t.typname as type, i.character_maximum_length as size,
    f.confrelid::regclass::text as of, fa.attname as "ofColumn", a.atthasdef as "hasDefault",
    (select (regexp_match(d.text, $re$ANY.*?'([^']*)'$re$))[1]
      from pg_constraint k, pg_get_constraintdef(k.oid) as d (text)
      where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum] and d.text like '%= ANY%') as word
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  join pg_type t on t.oid = a.atttypid
  join information_schema.columns i on i.table_schema = 'public' and i.table_name = c.relname and i.column_name = a.attname
  left join pg_constraint f on f.conrelid = c.oid and f.contype = 'f' and a.attnum = any (f.conkey) and a.attname <> 'workspace_id'
  left join pg_attribute fa on fa.attrelid = f.confrelid and fa.attnum = f.confkey[array_position(f.conkey, a.attnum)]
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    and c.relname <> all ($1)
  order by c.relname, a.attnum`;

/** The tables that hold data, with the columns that are written. */
export async function dataTables(query: Query): Promise<Table[]> {
  const rows = await query<Column & { table: string }>(COLUMNS, [NOT_OURS]);
  const names = [...new Set(rows.map(({ table }) => table))];
  return names.map((name) => ({ name, columns: rows.filter(({ table }) => table === name) }));
}

/** Fills every empty table with as many rows; the keys between tables are checked by what the schema says, at the end. */
export async function fillEmptyTables(query: Query, rows: number): Promise<void> {
  for (const table of inOrder(await dataTables(query))) {
    const [found] = await query<{ n: number }>(
      `select count(*)::int as n from (select from ${table.name} limit 1) one`,
    );
    if (found?.n === 0) await fill(query, table, table.name === 'workspace' ? WORKSPACES : rows);
  }
}

/** Those that others point at come first. */
function inOrder(tables: Table[]): Table[] {
  const ordered: Table[] = [];
  while (ordered.length < tables.length) {
    const known = ordered.map(({ name }) => name);
    const next = tables.filter(
      ({ name, columns }) => !known.includes(name) && columns.every(({ of }) => of === null || known.includes(of)),
    );
    if (next.length === 0) throw new Error('There are tables that point at each other in a circle.');
    ordered.push(...next.sort((a, b) => Number(b.name === 'workspace') - Number(a.name === 'workspace')));
  }
  return ordered;
}

async function fill(query: Query, { name, columns: all }: Table, rows: number): Promise<void> {
  // A text that has a default may be one of a few words, which a later migration insists on.
  const columns = all.filter(({ type, hasDefault }) => type !== 'varchar' || !hasDefault);
  const names = columns.map((column) => `"${column.name}"`).join(', ');
  const values = columns.map((column) => valueOf(name, column)).join(', ');
  await query(`insert into ${name} (${names}) select ${values} from generate_series(1, ${rows}) n`).catch(
    (error: unknown) => {
      throw new Error(`Cannot make rows for ${name}: ${String(error)}`);
    },
  );
}

/** An SQL expression of `n`; texts are different in every row, so that they can be keys. */
function valueOf(table: string, { name, type, size, of, ofColumn, word }: Column): string {
  if (word !== null) return `'${word}'`;
  if (name === 'workspace_id') return text('workspace', 'id', null);
  if (of !== null && ofColumn !== null) return text(of, ofColumn, size);
  switch (type) {
    case 'varchar':
    case 'text':
      return text(table, name, size);
    case 'bpchar':
      return `rpad(md5('${table}' || n), ${size ?? 1}, '0')`;
    case 'int2':
    case 'int4':
      return name === 'idx' ? '1' : 'n % 1000 + 1';
    case 'int8':
      return 'n';
    case 'numeric':
      return 'n % 100 + 0.005';
    case 'float8':
      return 'n / 8.0';
    case 'bytea':
      return `decode(md5(n::text), 'hex')`;
    case 'bool':
      // No two rows may have a mark that only one may have.
      return 'false';
    case 'date':
      return `date '2024-01-01' + n % 1000`;
    case 'timestamptz':
      return `timestamptz '2024-01-01T00:00:00Z' + n * interval '1 second'`;
    case 'interval':
      return `n * interval '1 second'`;
    case 'json':
    case 'jsonb':
      return `to_json(n)::${type}`;
    case '_text':
      return `array['n' || n]`;
    default:
      throw new Error(`No values for ${table}.${name} of type ${type}.`);
  }
}

function text(table: string, name: string, size: number | null): string {
  const row = table === 'workspace' ? `(n % ${WORKSPACES} + 1)` : 'n';
  const whole = name === 'id' ? `'${table}_' || lpad(${row}::text, 26, '0')` : `'${name} ' || ${row}`;
  return size === null ? whole : `right(${whole}, ${size})`;
}
