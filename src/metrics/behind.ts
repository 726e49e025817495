import type { DataSource } from 'typeorm';
import { FEED_LAG } from '../events/numbering.js';
import { OLDEST_DUE } from '../webhooks/claims.js';

/** How far the service is behind with what it does after a commit, by the metric `crm_<name>`: its meaning, and its statement. */
export const BEHIND = {
  feed_lag_seconds: ['Age of the oldest committed event that has no position in the feed yet.', FEED_LAG],
  webhook_oldest_due_seconds: ['Time since the longest waiting delivery became due.', OLDEST_DUE],
} as const;

/** Not a number while the database does not answer: whoever watches wants the other metrics then. */
export async function measured(dataSource: DataSource, statement: string): Promise<number> {
  const rows = await dataSource.query<{ value: number }[]>(statement).catch(() => []);
  return rows[0]?.value ?? NaN;
}
