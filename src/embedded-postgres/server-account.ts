import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DATABASE_URL_HINT } from './run-program.js';

export interface ServerAccount {
  uid: number;
  gid: number;
}

export function runsAsRoot(): boolean {
  return process.getuid?.() === 0;
}

/** PostgreSQL refuses to run as root; undefined means "as whoever we are". */
export async function serverAccount(existingCluster: Stats | undefined): Promise<ServerAccount | undefined> {
  if (!runsAsRoot()) return undefined;
  // A cluster only opens for the account that owns it, even if a better account has appeared since.
  if (existingCluster !== undefined && existingCluster.uid !== 0) {
    return { uid: existingCluster.uid, gid: existingCluster.gid };
  }
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const account = findAccount(passwd, 'postgres') ?? findAccount(passwd, 'nobody');
  if (account === undefined) {
    throw new Error(
      `PostgreSQL refuses to run as root, and /etc/passwd has neither "postgres" nor "nobody". ${DATABASE_URL_HINT}`,
    );
  }
  return account;
}

function findAccount(passwd: string, name: string): ServerAccount | undefined {
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([login]) => login === name);
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  return Number.isInteger(uid) && Number.isInteger(gid) && uid !== 0 ? { uid, gid } : undefined;
}

/** The first directory from the root down that the account cannot pass through, if any. */
export async function barredDirectory(directory: string, account: ServerAccount): Promise<string | undefined> {
  const parent = dirname(directory);
  if (parent !== directory) {
    const barredAbove = await barredDirectory(parent, account);
    if (barredAbove !== undefined) return barredAbove;
  }
  return mayPass(await stat(directory), account) ? undefined : directory;
}

function mayPass(entry: Stats, account: ServerAccount): boolean {
  if (entry.uid === account.uid) return (entry.mode & 0o100) !== 0;
  if (entry.gid === account.gid) return (entry.mode & 0o010) !== 0;
  return (entry.mode & 0o001) !== 0;
}
