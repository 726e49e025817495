import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { barredDirectory, runsAsRoot, serverAccount, type ServerAccount } from './server-account.js';
import { isTrusted, SYSTEM_DIRECTORY, trustedDirectory } from './system-directory.js';

export interface ClusterLocation {
  /** Absolute path of the configured directory: password and log live here. */
  dataDir: string;
  /** PostgreSQL's own data directory, normally inside dataDir. */
  directory: string;
  account: ServerAccount | undefined;
  initialized: boolean;
}

/** An existing cluster is used where it is, so that every later start and the command line find the same one. */
export async function findCluster(configured: string): Promise<ClusterLocation | undefined> {
  const dataDir = await realpath(resolve(configured)).catch(() => undefined);
  if (dataDir === undefined) return undefined;
  for (const directory of await candidates(dataDir)) {
    const owner = await statCluster(directory);
    if (owner !== undefined) return { dataDir, directory, account: await serverAccount(owner), initialized: true };
  }
  return undefined;
}

export async function chooseCluster(configured: string, log: (message: string) => void): Promise<ClusterLocation> {
  await mkdir(resolve(configured), { recursive: true, mode: runsAsRoot() ? 0o711 : 0o700 });
  const existing = await findCluster(configured);
  if (existing !== undefined) return existing;
  const dataDir = await realpath(resolve(configured));
  const account = await serverAccount(undefined);
  const parent = account === undefined ? dataDir : await reachableParent(dataDir, account, log);
  return { dataDir, directory: join(parent, 'cluster'), account, initialized: false };
}

export async function clusterExists(directory: string): Promise<boolean> {
  return (await statCluster(directory)) !== undefined;
}

async function statCluster(directory: string): Promise<Stats | undefined> {
  try {
    await stat(join(directory, 'PG_VERSION'));
    return await stat(directory);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

async function candidates(dataDir: string): Promise<string[]> {
  const inside = join(dataDir, 'cluster');
  const outside = join(SYSTEM_DIRECTORY, systemName(dataDir), 'cluster');
  return runsAsRoot() && (await isTrusted(dirname(outside))) ? [inside, outside] : [inside];
}

async function reachableParent(
  dataDir: string,
  account: ServerAccount,
  log: (message: string) => void,
): Promise<string> {
  let barred = await barredDirectory(dataDir, account);
  if (barred === dataDir) {
    // Our own directory we may open: passage is enough, and everything inside has its own strict mode.
    await chmod(dataDir, (await stat(dataDir)).mode | 0o011);
    barred = await barredDirectory(dataDir, account);
  }
  if (barred === undefined) return dataDir;
  const parent = await trustedDirectory(systemName(dataDir));
  log(`keeping the database in ${parent}, because PostgreSQL's account may not enter ${barred}`);
  return parent;
}

function systemName(dataDir: string): string {
  return `data-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`;
}
