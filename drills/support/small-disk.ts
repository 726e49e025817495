import { execFileSync } from 'node:child_process';
import { cp, lchown, mkdir, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresServer } from '../../test/support/postgres-server.js';

/** Room for a new database and little else. */
const SIZE = '256m';

export interface SmallDisk {
  path: string;
  /** Moves the server's write-ahead log off the disk: without room for that, PostgreSQL ends instead of refusing writes. */
  keepLogElsewhere: (postgres: PostgresServer) => Promise<void>;
  unmount: () => Promise<void>;
}

/** A small file system of its own in the folder; undefined where this account may not mount one. */
export async function mountSmall(folder: string): Promise<SmallDisk | undefined> {
  const path = join(folder, 'small');
  await mkdir(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=711`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return {
    path,
    keepLogElsewhere: (postgres) => moveLog(postgres, join(folder, 'pg_wal')),
    unmount: async () => {
      execFileSync('umount', ['--lazy', path], { stdio: 'ignore' });
      await rm(path, { recursive: true, force: true });
    },
  };
}

async function moveLog(postgres: PostgresServer, target: string): Promise<void> {
  await postgres.stop();
  const source = join(postgres.directory, 'pg_wal');
  const { uid, gid } = await stat(source);
  await cp(source, target, { recursive: true, preserveTimestamps: true });
  execFileSync('chown', ['-R', `${uid}:${gid}`, target]);
  await rm(source, { recursive: true });
  await symlink(target, source);
  await lchown(source, uid, gid);
  await postgres.start();
}
