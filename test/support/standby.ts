import { execFile } from 'node:child_process';
import { appendFile, chown, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { PostgresServer } from './postgres-server.js';
import { freePort } from './started-service.js';

const run = promisify(execFile);

/** Makes and starts a streaming replica of a server: a copy of its files, as a backup takes them, that follows it. */
export async function standbyOf(primary: PostgresServer): Promise<PostgresServer> {
  const url = new URL(primary.url);
  const primaryPort = url.port;
  url.port = await freePort();
  // Beside the other, where the account of the servers may go.
  const directory = `${primary.directory}-standby-${url.port}`;
  const label = await copyOf(primary, directory);
  const { password, hostname } = url;
  const conninfo = `host=${hostname} port=${primaryPort} user=${url.username} password=${password}`;
  await writeFile(join(directory, 'backup_label'), label);
  await writeFile(join(directory, 'standby.signal'), '');
  await appendFile(join(directory, 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`);
  const { account } = primary.place;
  if (account !== undefined)
    for (const name of ['backup_label', 'standby.signal']) await chown(join(directory, name), account.uid, account.gid);
  const standby = new PostgresServer(url.href, directory, directory, { ...primary.place, directory });
  await standby.start();
  return standby;
}

/** The files of a running server, and the label that tells how to make them consistent. */
async function copyOf(primary: PostgresServer, directory: string): Promise<string> {
  const client = new pg.Client({ connectionString: primary.url });
  await client.connect();
  try {
    await client.query("select pg_backup_start('standby', fast => true)");
    await run('cp', ['-a', primary.directory, directory]);
    for (const name of ['postmaster.pid', 'postmaster.opts']) await rm(join(directory, name), { force: true });
    const log = join(directory, 'pg_wal');
    const segments = (await readdir(log)).filter((name) => /^[0-9A-F]{24}$/.test(name));
    for (const name of segments) await rm(join(log, name));
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    return rows[0]?.labelfile ?? '';
  } finally {
    await client.end();
  }
}
