import { signal } from '@preact/signals';
import { get } from '../api.js';
import { isAdmin, me } from '../session.js';
import type { ApiKey, ChangeEvent, Page } from '../types.js';

/** Names of keys by their ids, as far as the key of this page may know them. */
export const keyNames = signal<Record<string, string>>({});

/** Looks up the names that are not known yet. Lists leave out revoked keys, whose histories still have their names. */
export async function nameKeys(ids: readonly (string | null)[]): Promise<void> {
  if (me.value !== undefined) keyNames.value = { ...keyNames.peek(), [me.value.id]: me.value.name };
  const unknown = [...new Set(ids)].filter((id) => id !== null && keyNames.peek()[id] === undefined) as string[];
  if (!isAdmin.value || unknown.length === 0) return;
  const query = { 'id[in]': unknown.join(','), fields: 'id,name', include_total: false, limit: 100 };
  const { data } = await get<Page<ApiKey>>('/api/keys', query);
  const found = Object.fromEntries(data.map(({ id, name }) => [id, name]));
  const revoked = unknown.filter((id) => found[id] === undefined);
  const names = await Promise.all(revoked.map(async (id) => [id, await formerName(id)] as const));
  keyNames.value = { ...keyNames.peek(), ...Object.fromEntries(names), ...found };
}

async function formerName(id: string): Promise<string> {
  const history = get<Page<ChangeEvent>>(`/api/keys/${id}/history`, { limit: 100 });
  // Its history may have ended with the days that histories are kept for.
  const { data } = await history.catch(() => ({ data: [] }));
  const names = data.map(({ before, after }) => before?.['name'] ?? after?.['name']);
  return names.find((name) => typeof name === 'string') ?? 'A former key';
}
