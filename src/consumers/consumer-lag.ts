import type { DataSource } from 'typeorm';
import { knownConsumers } from './known-consumers.js';

const LAGS = `select n.consumer, coalesce(max(extract(epoch from now() - e.created_at)), 0)::float8 as seconds
  from unnest($1::text[]) as n (consumer)
  left join consumer_position p on p.consumer = n.consumer
  left join lateral (select created_at from feed_entry
    where workspace_id = p.workspace_id and position > p.position order by position limit 1) e on true
  group by n.consumer`;

/** The age of the oldest event that each consumer has before it, over all workspaces. While the database is away, nobody knows. */
export async function consumerLags(dataSource: DataSource): Promise<{ consumer: string; seconds: number }[]> {
  const names = knownConsumers(dataSource);
  if (names.length === 0) return [];
  return dataSource.query<{ consumer: string; seconds: number }[]>(LAGS, [names]).catch(() => []);
}
