import type { DataSource } from 'typeorm';
import type { Config } from '../config/config.js';
import { RetentionService } from './retention.service.js';

const MINUTE = 60_000;
const ALL = ['feed_entry', 'event', 'idempotency_key', 'webhook_delivery', 'import_row', 'import_chunk'];

/** The tables that are swept, in order. */
let swept: string[];
let failing: string | undefined;
let retention: RetentionService;
beforeEach(() => {
  vi.useFakeTimers();
  swept = [];
  failing = undefined;
  retention = service(365);
});
afterEach(() => {
  retention.onModuleDestroy();
  vi.useRealTimers();
});

/** On a database with one workspace, where something may be old. */
function service(days: number): RetentionService {
  const query = (text: string): Promise<object[]> => {
    if (text.includes('from workspace')) return Promise.resolve([{ id: 'w' }]);
    const deleted = [...text.matchAll(/delete from (\w+)/g)].map(([, name = '']) => name);
    const table = deleted.find((name) => name === 'feed_entry') ?? deleted[0] ?? '';
    if (table === '') return Promise.resolve([{}]);
    swept.push(table);
    return table === failing ? Promise.reject(new Error('away')) : Promise.resolve([{ n: 0 }]);
  };
  const transaction = (work: (manager: object) => unknown): unknown => work({ query });
  const dataSource = { manager: { query, transaction } } as unknown as DataSource;
  return new RetentionService(dataSource, { EVENT_RETENTION_DAYS: days } as Config);
}

it('sweeps soon after the start, though not at it, and every hour from then on', async () => {
  retention.onApplicationBootstrap();
  await vi.advanceTimersByTimeAsync(0.4 * MINUTE);
  expect(swept).toEqual([]);
  await vi.advanceTimersByTimeAsync(2 * MINUTE);
  expect(swept).toEqual(ALL);
  await vi.advanceTimersByTimeAsync(60 * MINUTE);
  expect(swept).toHaveLength(12);
});

it('sweeps the other tables, and again, when one fails', async () => {
  failing = 'event';
  retention.onApplicationBootstrap();
  await vi.advanceTimersByTimeAsync(62 * MINUTE);
  expect(swept).toEqual([...ALL, ...ALL]);
});

it('leaves the history alone where it is kept for ever', async () => {
  await service(0).sweep();
  expect(swept).toEqual(ALL.slice(2));
});

it('does not sweep once the service stops', async () => {
  retention.onApplicationBootstrap();
  retention.onModuleDestroy();
  await vi.advanceTimersByTimeAsync(120 * MINUTE);
  expect(swept).toEqual([]);
});
