import { chmod, cp, lstat, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Binaries } from './binaries.js';
import { isTrusted, removeAbandonedWork, trustedDirectory, workInProgressName } from './system-directory.js';

/** Copies the programs out of a directory only root can enter, once per package version. */
export async function copyBinaries(binaries: Binaries, log: (message: string) => void): Promise<Binaries> {
  const packageRoot = packageRootOf(binaries);
  const parent = await trustedDirectory();
  const name = `postgresql-${await packageVersion(packageRoot)}`;
  const destination = join(parent, name);
  if (!(await isTrusted(destination))) {
    log(`copying PostgreSQL to ${destination}, because its account may not read ${packageRoot}`);
    await copyAtomically(join(packageRoot, 'native'), parent, name);
  }
  const program = (path: string) => join(destination, 'bin', basename(path));
  return {
    initdb: program(binaries.initdb),
    postgres: program(binaries.postgres),
    pg_ctl: program(binaries.pg_ctl),
  };
}

export function packageRootOf(binaries: Binaries): string {
  return join(dirname(binaries.postgres), '..', '..');
}

async function packageVersion(packageRoot: string): Promise<string> {
  const description = await readFile(join(packageRoot, 'package.json'), 'utf8');
  return (JSON.parse(description) as { version: string }).version;
}

async function copyAtomically(source: string, parent: string, name: string): Promise<void> {
  await removeAbandonedWork(parent, name);
  const partial = join(parent, workInProgressName(name));
  try {
    await cp(source, partial, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
    await openToAll(partial);
    await rename(partial, join(parent, name));
  } catch (error) {
    // Losing the rename to another process that copied the same version is as good as winning it.
    if (!(await isTrusted(join(parent, name)))) throw error;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** An installation made under a strict umask would stay unreadable as a copy. */
async function openToAll(path: string): Promise<void> {
  const entry = await lstat(path);
  if (entry.isSymbolicLink()) return;
  await chmod(path, entry.isDirectory() || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (!entry.isDirectory()) return;
  for (const name of await readdir(path)) await openToAll(join(path, name));
}
