import type { DataSource } from 'typeorm';
import type { Config } from '../config/config.js';
import { Targets } from './target.js';

const CONFIG = { HOST: '127.0.0.1', PORT: 3000 } as Config;

function targetsBeside(url: string): Targets {
  return new Targets(CONFIG, { options: { url } } as unknown as DataSource);
}

it.each([
  ['postgres://u:p@127.0.0.1:41139/crm', 41139],
  ['postgres://u:p@127.0.0.1/crm', 5432],
  ['postgres://u:p@127.0.0.1/crm?port=41139', 41139],
  ['postgres://u:p@database.invalid:1/crm?host=127.0.0.1&port=41139', 41139],
  ['postgres:///crm?host=127.0.0.1&port=41139&user=u', 41139],
  ['postgres://u:p@[::1]:41139/crm', 41139],
  ['postgres://u:p@127.0.1.1:41139/crm', 41139],
  ['postgres:///crm?host=/var/run/postgresql&user=u', 5432],
  ['postgres://u:p@%2Fvar%2Frun%2Fpostgresql/crm?port=41139', 41139],
])('never sends to the port of PostgreSQL at %s', async (url, port) => {
  const targets = targetsBeside(url);
  expect(await targets.allowsAll(['127.0.0.1'], port)).toBe(false);
  expect(await targets.allowsAll(['::1'], port)).toBe(false);
  expect(await targets.allowsAll(['127.0.0.1'], port + 1)).toBe(true);
  expect(await targets.problemOf(`http://127.0.0.1:${port}/`)).toContain('WEBHOOK_ALLOWED_NETWORKS');
});
