import type { ListedKey } from '../auth/operator-keys.js';

const HEAD = ['id', 'workspace', 'mode', 'name', 'key', 'scopes', 'rate limit', 'last used', 'state'];

/** Keys as a table for people; never their secrets, which nobody has. */
export function keyTable(keys: ListedKey[], now = new Date()): string {
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

function cells(key: ListedKey, now: Date): string[] {
  const { id, workspace, mode, name, hint, scopes, rate_limit, last_used_at } = key;
  const limit = rate_limit === null ? 'default' : rate_limit === 0 ? 'none' : String(rate_limit);
  return [id, workspace, mode, name, hint ?? '', scopes.join(','), limit, last_used_at ?? 'never', state(key, now)];
}

function state({ revoked_at, expires_at }: ListedKey, now: Date): string {
  if (revoked_at !== null) return `revoked ${revoked_at}`;
  if (expires_at === null) return 'active';
  return `${Date.parse(expires_at) > now.getTime() ? 'active until' : 'expired'} ${expires_at}`;
}
