import { loadConfig } from '../src/config/config.js';
import { createApp } from '../src/server/create-app.js';
import { createLogger } from '../src/server/logger.js';
import { generateKey } from '../src/common/ids/api-key.format.js';
import type { NewKey } from '../src/auth/operator-keys.js';
import type { Answer } from './support/client.js';
import { RedisServer } from './support/redis-server.js';
import { startService } from './support/service.js';

/* Two processes' worth of service on one database, counting together in a real Redis. */

const LIMIT = 10;
const environment = (redis: RedisServer, more: Record<string, string> = {}): Record<string, string> => ({
  REDIS_URL: redis.url,
  RATE_LIMIT_REQUESTS: String(LIMIT),
  RATE_LIMIT_WORKSPACE_REQUESTS: '0',
  RATE_LIMIT_WINDOW_S: '3600',
  AUTH_FAILURES_PER_MINUTE: '4',
  ...more,
});

interface Pair {
  redis: RedisServer;
  /** One request with a new key each, or with the one given, to one of the two. */
  ask: (instance: 0 | 1, key: string) => Promise<Answer>;
  newKey: (key?: Partial<NewKey>) => Promise<string>;
}

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startPair(more: Record<string, string> = {}): Promise<Pair> {
  const redis = await RedisServer.start();
  stops.push(() => redis.kill());
  const first = await startService(environment(redis, more));
  stops.push(first.stop);
  const config = loadConfig({ LOG_LEVEL: 'silent', ...environment(redis, more) });
  const second = await createApp(config, first.database.url, createLogger(config));
  stops.push(() => second.close());
  await second.listen(0, '127.0.0.1');
  const origins = [first.origin, await second.getUrl()] as const;
  const pair: Pair = {
    redis,
    newKey: async (key = {}) => (await first.clientWith(key)).key ?? '',
    ask: async (instance, key) => {
      const headers = { authorization: `Bearer ${key}` };
      const response = await fetch(`${origins[instance]}/api/crm/opportunity?limit=1`, { headers });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
    },
  };
  await untilShared(pair);
  return pair;
}

/** Connections are made beside the start: asks both with a new key until the second knows of the first's request. */
async function untilShared({ ask, newKey }: Pair): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const key = await newKey();
    await ask(0, key);
    if ((await ask(1, key)).headers.get('ratelimit')?.includes(`;r=${LIMIT - 2};`)) return;
  }
  throw new Error('The two do not count together.');
}

async function askInTurn({ ask }: Pair, key: string, count: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < count; i++) statuses.push((await ask((i % 2) as 0 | 1, key)).status);
  return statuses;
}

const served = (count: number): number[] => Array<number>(count).fill(200);

it('one budget is shared by all processes', async () => {
  const pair = await startPair();
  const statuses = await askInTurn(pair, await pair.newKey(), LIMIT + 4);
  expect(statuses).toEqual([...served(LIMIT), 429, 429, 429, 429]);
});

it('the budget of a workspace is shared by all processes and keys; what a key is refused does not use it up', async () => {
  const pair = await startPair({ RATE_LIMIT_WORKSPACE_REQUESTS: '1000000' });
  const workspace = 'shared';
  await askInTurn(pair, await pair.newKey({ workspace }), LIMIT + 30);
  const { headers } = await pair.ask(0, await pair.newKey({ workspace, rateLimit: 0 }));
  expect(headers.get('ratelimit')).toMatch(new RegExp(`^"workspace";r=${1_000_000 - LIMIT - 1};`));
});

it('keys that are guessed are counted together, too', async () => {
  const pair = await startPair();
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++) statuses.push((await pair.ask((i % 2) as 0 | 1, generateKey('test'))).status);
  // A minute may end meanwhile, which lets four more through.
  expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(8);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(4);
});

it.each(['killed', 'frozen'] as const)(
  'a Redis that is %s midway fails no request; each process counts for itself',
  async (how) => {
    const pair = await startPair();
    const key = await pair.newKey();
    expect(await askInTurn(pair, key, 4)).toEqual(served(4));
    if (how === 'killed') await pair.redis.kill();
    else pair.redis.freeze();
    // Each of the two counts from the beginning.
    expect(await askInTurn(pair, key, 2 * LIMIT)).toEqual(served(2 * LIMIT));
    expect(await askInTurn(pair, key, 2)).toEqual([429, 429]);
  },
);

it('a Redis that is back is counted in again', async () => {
  const pair = await startPair();
  await pair.redis.kill();
  const key = await pair.newKey();
  expect(await askInTurn(pair, key, 2)).toEqual(served(2));
  const again = await RedisServer.start(pair.redis.port);
  stops.push(() => again.kill());
  await untilShared(pair);
});

it('a Redis that is not there at the start holds nothing up', async () => {
  const redis = await RedisServer.start();
  await redis.kill();
  const service = await startService(environment(redis));
  stops.push(service.stop);
  const answers = await Promise.all(Array.from({ length: LIMIT + 1 }, () => service.api.get('/opportunity?limit=1')));
  expect(answers.map(({ status }) => status).sort()).toEqual([...served(LIMIT), 429]);
});
