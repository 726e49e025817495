import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 10;

/** Asks until something holds. The test's own time limit is the bound; other tests need the processor meanwhile. */
export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await wait(POLL_MS);
}

const WAITING = `select count(*)::int as n from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`;

/** Runs SQL on a database, beside the service. */
interface Asked {
  query: <Row extends object>(text: string) => Promise<Row[]>;
}

/** Statements that wait for a lock in a database. */
export async function lockWaiters(database: Asked): Promise<number> {
  const [found] = await database.query<{ n: number }>(WAITING);
  return found?.n ?? 0;
}
