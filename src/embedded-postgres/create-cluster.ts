import { chown, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Binaries } from './binaries.js';
import { clusterExists, type ClusterLocation } from './cluster-location.js';
import { DATABASE_URL_HINT, runProgram } from './run-program.js';
import { lastLines } from './server-log.js';
import { workInProgressName } from './system-directory.js';

export const SUPERUSER = 'postgres';

/** Builds the cluster beside its place and moves it in whole; false when another process was faster. */
export async function createCluster(
  place: ClusterLocation,
  binaries: Binaries,
  password: string,
  durable: boolean,
): Promise<boolean> {
  const parent = dirname(place.directory);
  const workshop = join(parent, workInProgressName(basename(place.directory)));
  const passwordFile = join(workshop, 'password');
  try {
    await mkdir(workshop, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    await handOver([passwordFile, workshop], place);
    await runInitdb(binaries, join(workshop, 'cluster'), passwordFile, durable, place);
    return await moveIn(join(workshop, 'cluster'), place.directory);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

async function handOver(paths: string[], { account }: ClusterLocation): Promise<void> {
  if (account === undefined) return;
  for (const path of paths) await chown(path, account.uid, account.gid);
}

async function runInitdb(
  binaries: Binaries,
  directory: string,
  passwordFile: string,
  durable: boolean,
  { account }: ClusterLocation,
): Promise<void> {
  const result = await runProgram(binaries.initdb, initdbArguments(directory, passwordFile, durable), account).catch(
    (error: unknown) => ({ succeeded: false, output: describeSpawnFailure(error) }),
  );
  if (result.succeeded) return;
  throw new Error(
    `PostgreSQL's initdb could not create the database:\n${lastLines(result.output)}\n${DATABASE_URL_HINT}`,
  );
}

function initdbArguments(directory: string, passwordFile: string, durable: boolean): string[] {
  return [
    `--pgdata=${directory}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Sorting by code point never changes with the operating system's libraries, which would corrupt indexes.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ];
}

export function describeSpawnFailure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  // The kernel reports a missing program loader as if the program itself were missing.
  const cause = code === 'ENOENT' ? ' (the program needs the GNU C library, which e.g. Alpine Linux lacks)' : '';
  return `${message}${cause}`;
}

async function moveIn(source: string, destination: string): Promise<boolean> {
  try {
    await rename(source, destination);
  } catch (error) {
    if (await clusterExists(destination)) return false;
    throw error;
  }
  await syncDirectory(dirname(destination));
  return true;
}

/** Without this a power cut could forget the move while later commits inside the cluster were promised. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}
