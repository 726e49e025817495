import type { DrillPostgres } from './drill-postgres.js';

/** Bookkeeping of the service, which a failed request may leave another trace in, and the feed, which it writes after a commit. */
const NOT_CONTENT = ['idempotency_key', 'event_feed', 'feed_entry'];
/** The service notes the use of a key once a minute, whatever the request did. */
const NOT_COMPARED: Readonly<Record<string, readonly string[]>> = { api_key: ['last_used_at', 'version'] };

/** What is stored for workspaces: every table that has a workspace_id, those of the future too. */
export class Content {
  private constructor(
    private readonly postgres: DrillPostgres,
    private readonly tables: readonly string[],
  ) {}

  static async of(postgres: DrillPostgres): Promise<Content> {
    const rows = await postgres.query<{ name: string }>(
      `select c.table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
       where c.column_name = 'workspace_id' and c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name <> all ($1)
       order by 1`,
      [NOT_CONTENT],
    );
    return new Content(
      postgres,
      rows.map(({ name }) => name),
    );
  }

  /** Every row as text, sorted; counters are added up, as which of their slots counts is chance. */
  async rows(): Promise<string[]> {
    const each = this.tables.map((table) => {
      if (table === 'row_count')
        return `select 'row_count ' || table_name || ' ' || sum(n) as row from row_count group by workspace_id, table_name`;
      const left = (NOT_COMPARED[table] ?? []).map((name) => ` - '${name}'`).join('');
      return `select '${table} ' || (to_jsonb(t)${left})::text as row from ${table} t`;
    });
    const rows = await this.postgres.query<{ row: string }>(`${each.join(' union all ')} order by 1`);
    return rows.map(({ row }) => row);
  }

  /** Away with all opportunities and what hangs on them. */
  async clear(): Promise<void> {
    const tables = this.tables.filter((table) => table !== 'row_count' && table !== 'api_key');
    await this.postgres.query([...tables, ...NOT_CONTENT].map((table) => `delete from ${table}`).join('; '));
  }
}

/** What a write did, told without the ids and times that are different every time. */
export function changeBetween(before: readonly string[], after: readonly string[]): string[] {
  const [old, now] = [new Set(before), new Set(after)];
  const gone = before.filter((row) => !now.has(row)).map((row) => `- ${anonymous(row)}`);
  const come = after.filter((row) => !old.has(row)).map((row) => `+ ${anonymous(row)}`);
  return [...gone, ...come].sort();
}

function anonymous(row: string): string {
  return (
    row
      .replace(/[0-9a-f]{64}/g, '…')
      .replace(/evt_[0-9a-f]{32}/g, '…')
      .replace(/[0-9a-hjkmnp-tv-z]{26}/g, '…')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)/g, '…')
      .replace(/"(hint|expires_at)": "[^"]*"/g, '"$1": …')
      // A text of which no two objects have the same ends in a number.
      .replace(/ \d+"/g, ' …"')
      .replace(/"transaction_id": \d+/g, '"transaction_id": …')
  );
}
