import 'reflect-metadata';
import { startOn } from '../src/testing/test-service.js';

/* How services of the kit for the tests of modules share a PostgreSQL. */

const { TEST_SERVER_URL: url = '' } = process.env;
const SILENT = { LOG_LEVEL: 'silent' };

let started = 0;
let stopped = 0;
const startServer = () => {
  started += 1;
  const stop = () => {
    stopped += 1;
    return Promise.resolve();
  };
  return Promise.resolve({ url, stop });
};

it('stops PostgreSQL with the last service, also if one does not start', async () => {
  const [first, second] = await Promise.allSettled([
    startOn(startServer, SILENT),
    startOn(startServer, { DATABASE_POOL_SIZE: 'many' }),
  ]);
  expect([first.status, second.status, started, stopped]).toEqual(['fulfilled', 'rejected', 1, 0]);
  if (first.status === 'fulfilled') await first.value.stop();
  expect(stopped).toBe(1);
  await expect(startOn(startServer, { DATABASE_POOL_SIZE: 'many' })).rejects.toThrow('DATABASE_POOL_SIZE');
  expect([started, stopped]).toEqual([2, 2]);
});
