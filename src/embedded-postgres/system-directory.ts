import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './run-program.js';

/** Where root keeps what the unprivileged server account must reach but cannot reach in the checkout. */
export const SYSTEM_DIRECTORY = '/var/lib/crm-opportunity-service';

/** Creates (when missing) and checks a directory below which only root can have put anything. */
export async function trustedDirectory(...names: string[]): Promise<string> {
  let directory = SYSTEM_DIRECTORY;
  await requireTrusted(directory);
  for (const name of names) {
    directory = join(directory, name);
    await requireTrusted(directory);
  }
  return directory;
}

async function requireTrusted(directory: string): Promise<void> {
  const created = await mkdir(directory, { recursive: true });
  // A strict umask would bar the server's account from the directory made for it.
  if (created !== undefined) await chmod(directory, 0o755);
  if (!(await isTrusted(directory))) {
    throw new Error(`${directory} must be a directory that belongs to root and that nobody else may write to`);
  }
}

export async function isTrusted(directory: string): Promise<boolean> {
  const entry = await lstat(directory).catch(() => undefined);
  return entry !== undefined && entry.isDirectory() && entry.uid === 0 && (entry.mode & 0o022) === 0;
}

/** Names work in progress after its process, so that what a killed process left can be told from what is running. */
export function workInProgressName(target: string): string {
  return `${target}.partial-${process.pid}-${randomBytes(4).toString('hex')}`;
}

const ABANDONED_AFTER_MS = 10 * 60_000;

export async function removeAbandonedWork(parent: string, target: string): Promise<void> {
  const prefix = `${target}.partial-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(parent, name);
    const age = Date.now() - (await stat(path).catch(() => ({ mtimeMs: 0 }))).mtimeMs;
    const running = isAlive(Number(name.slice(prefix.length).split('-')[0]));
    if (!running || age > ABANDONED_AFTER_MS) await removePatiently(path);
  }
}

/** A killed service's helper may still be writing there for a moment; what then stays behind does no harm. */
async function removePatiently(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
}
