import { rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresServer } from '../../test/support/postgres-server.js';
import type { DrillOptions } from '../drill.js';

/** One kind of trouble. */
export interface Fault {
  name: string;
  /** Breaks the database for a while, and resolves when it is back. */
  happen: (postgres: PostgresServer, options: DrillOptions) => Promise<void>;
}

const seconds = ({ full }: DrillOptions, short: number, long: number): Promise<void> =>
  delay((full ? long : short) * 1000);

/** Those that need nothing but a server. */
export const databaseFaults: Fault[] = [
  { name: 'connections killed', happen: killConnections },
  { name: 'server killed', happen: killServer },
  { name: 'server frozen', happen: freezeServer },
  { name: 'pool exhausted', happen: exhaustPool },
];

export const diskFull: Fault = { name: 'disk full', happen: fillDisk };

async function killConnections(postgres: PostgresServer): Promise<void> {
  const deadline = performance.now() + 2000;
  while (performance.now() < deadline)
    await postgres.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'crm-opportunity-service'`,
    );
}

async function killServer(postgres: PostgresServer, options: DrillOptions): Promise<void> {
  await postgres.kill();
  await seconds(options, 4, 30);
  await postgres.start();
}

async function freezeServer(postgres: PostgresServer, options: DrillOptions): Promise<void> {
  await postgres.freeze();
  await seconds(options, 5, 15);
  await postgres.thaw();
}

async function exhaustPool(postgres: PostgresServer): Promise<void> {
  const locker = new pg.Client({ connectionString: postgres.url });
  await locker.connect();
  await locker.query('begin; lock table opportunity');
  await delay(5000);
  await locker.query('commit');
  await locker.end();
}

/** Takes all room beside the data: tables cannot grow until it is given back. */
async function fillDisk(postgres: PostgresServer, options: DrillOptions): Promise<void> {
  const parent = dirname(postgres.directory);
  const { bavail, bsize } = await statfs(parent);
  const ballast = join(parent, 'ballast');
  // More than there is room for, so that it ends where the disk is full.
  await writeFile(ballast, Buffer.alloc(bavail * bsize + 1_000_000)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  });
  await seconds(options, 5, 15);
  await rm(ballast);
}
