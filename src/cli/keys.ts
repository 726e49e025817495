import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import { loadConfig } from '../config/config.js';
import { withDatabase } from '../database/with-database.js';
import { loadModules } from '../modules/load-modules.js';
import { generateKey, MODES, type Mode } from '../common/ids/api-key.format.js';
import { OperatorKeys, KeyError, type NewKey } from '../auth/operator-keys.js';
import { runCommand } from './command.js';
import { parseDuration } from './duration.js';
import { keyTable } from './key-table.js';
import { SCOPES, type Scope } from '../common/routes/scopes.js';

const USAGE = `Usage: npm run --silent keys -- <command>
  create --workspace <name> --name <name> --scopes ${SCOPES.join(',')} [--mode ${MODES.join('|')}] [--expires 90d] [--rate-limit 500]
  list
  revoke <id>
  rotate <id> [--overlap 24h]      the old key still works during the overlap
  generate [--mode ${MODES.join('|')}]       only prints a well-formed key, for BOOTSTRAP_API_KEY
A duration is a number and s, m, h or d. A rate limit is a number of requests in RATE_LIMIT_WINDOW_S; 0 for none. create, rotate and generate print only the key; nothing shows it again.`;

type Arguments = ReturnType<typeof readArguments>;

function readArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      workspace: { type: 'string' },
      name: { type: 'string' },
      scopes: { type: 'string' },
      mode: { type: 'string', default: 'test' },
      expires: { type: 'string' },
      'rate-limit': { type: 'string' },
      overlap: { type: 'string', default: '24h' },
    },
  });
}

/** Runs one command and answers what goes to stdout. */
async function run(keys: OperatorKeys, { values, positionals }: Arguments): Promise<string> {
  const [command, id = ''] = positionals;
  if (command === 'list') return keyTable(await keys.list());
  if (command === 'create') return (await create(keys, values)).secret;
  if (command === 'revoke' && id !== '') return keys.revoke(id).then(() => `Revoked ${id}; it stops within a second.`);
  if (command === 'rotate' && id !== '') return (await keys.rotate(id, parseDuration(values.overlap))).secret;
  throw new KeyError(USAGE);
}

function create(keys: OperatorKeys, values: Arguments['values']): Promise<{ secret: string }> {
  const { workspace, name, scopes, expires, 'rate-limit': rateLimit } = values;
  if (!workspace || !name || !scopes) throw new KeyError(USAGE);
  const wanted: NewKey = { workspace, name, scopes: scopes.split(',').map(toScope), mode: toMode(values.mode) };
  if (expires !== undefined) wanted.expiresAt = new Date(Date.now() + parseDuration(expires));
  if (rateLimit !== undefined) wanted.rateLimit = toRateLimit(rateLimit);
  return keys.create(wanted);
}

function toRateLimit(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new KeyError(`'${text}' is not a rate limit; write a whole number, 0 for none.`);
}

function toScope(text: string): Scope {
  const scope = SCOPES.find((known) => known === text);
  if (scope === undefined) throw new KeyError(`'${text}' is not a scope; there are ${SCOPES.join(', ')}.`);
  return scope;
}

function toMode(text: string): Mode {
  const mode = MODES.find((known) => known === text);
  if (mode === undefined) throw new KeyError(`'${text}' is not a mode; there are ${MODES.join(' and ')}.`);
  return mode;
}

/** On the database of the service, which may be running. */
async function onDatabase(given: Arguments): Promise<string> {
  const config = loadConfig(process.env);
  await loadModules(config.MODULES);
  const { dataSourceOptions } = await import('../database/data-source.js');
  const { prepareSchema } = await import('../database/migrate.js');
  return withDatabase(config, async (url) => {
    await prepareSchema(config, url);
    const dataSource = await new DataSource({ ...dataSourceOptions(config, url), poolSize: 1 }).initialize();
    try {
      return await run(new OperatorKeys(dataSource), given);
    } finally {
      await dataSource.destroy();
    }
  });
}

await runCommand(async () => {
  const given = readArguments();
  return given.positionals[0] === 'generate' ? generateKey(toMode(given.values.mode)) : onDatabase(given);
});
