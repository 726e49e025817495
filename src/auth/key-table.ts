import type { ApiKey } from './api-key.entity.js';

const HEAD = ['id', 'workspace', 'mode', 'name', 'scopes', 'state'];

/** Keys as a table for people; never their secrets, which nobody has. */
export function keyTable(keys: ApiKey[], now = new Date()): string {
  const rows = [HEAD, ...keys.map((key) => cells(key, now))];
  const widths = HEAD.map((_title, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function cells(key: ApiKey, now: Date): string[] {
  const { id, workspace, name, scopes } = key;
  return [id, workspace?.name ?? '', workspace?.mode ?? '', name, scopes.join(','), state(key, now)];
}

function state({ revoked_at, expires_at }: ApiKey, now: Date): string {
  if (revoked_at !== null) return `revoked ${revoked_at.toISOString()}`;
  if (expires_at === null) return 'active';
  return expires_at > now ? `active until ${expires_at.toISOString()}` : `expired ${expires_at.toISOString()}`;
}
