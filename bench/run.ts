import 'reflect-metadata';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import pg from 'pg';
import { coldStart } from './cold-start.js';
import { contest } from './contest.js';
import { deliver } from './events.js';
import { startServer, type Server } from './database.js';
import { goalsOf, reached } from './goals.js';
import { grow } from './growth.js';
import { readOptions, USAGE, type Options } from './options.js';
import { meetPeers } from './peers.js';
import { goalReport, report } from './report.js';
import { emptyResult, type Result } from './result.js';

/* `npm run bench`: measures the service against the floor, prints a table, writes a JSON file. */

async function run(options: Options): Promise<Result> {
  const result = emptyResult(options);
  const server = await startServer();
  const giveUp = (): void => void server.remove().finally(() => process.exit(130));
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, giveUp);
  try {
    result.postgres = await versionOf(server);
    if (options.growth) await grow(server, options, result);
    else if (options.events) await deliver(server, options, result);
    else if (options.peers) await meetPeers(server, options, result);
    else {
      const key = await contest(server, options, result);
      await server.stop();
      result.coldStartMs = await coldStart(server.dataDir, key);
    }
  } finally {
    await server.remove();
    for (const signal of signals) process.off(signal, giveUp);
  }
  return result;
}

async function versionOf({ url }: Server): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ version: string }>(
    `select 'PostgreSQL ' || current_setting('server_version') as version`,
  );
  await client.end();
  return rows[0]?.version ?? '';
}

async function keep(result: Result, out: string): Promise<void> {
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(result, null, 1)}\n`);
}

async function main(options: Options): Promise<void> {
  const earlier = options.report;
  const result = earlier === undefined ? await run(options) : (JSON.parse(await readFile(earlier, 'utf8')) as Result);
  if (earlier === undefined) await keep(result, options.out);
  console.log(report(result));
  if (earlier === undefined) console.log(`\nWritten to ${options.out}.`);
  if (options.check) console.log(`\n${goalReport(result)}`);
  const missed = options.check && goalsOf(result).some((goal) => !reached(goal));
  if (missed || result.errors.length > 0) process.exitCode = 1;
}

function optionsOrUsage(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

try {
  await main(optionsOrUsage());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
