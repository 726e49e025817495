import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isAlive } from './run-program.js';

export interface RunningServer {
  pid: number;
  port: number;
  ready: boolean;
}

/** The live server on this cluster; a file left by a dead server, or whose number another process got, is none. */
export async function findServer(directory: string): Promise<RunningServer | undefined> {
  const lines = (await readPostmasterFile(directory))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !(await isServerOf(pid, directory))) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

async function readPostmasterFile(directory: string): Promise<string | undefined> {
  return readFile(join(directory, 'postmaster.pid'), 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}

/** PostgreSQL itself copes with a dead server's file but not with a number now used by someone else's process. */
export async function removeStalePostmasterFile(directory: string): Promise<void> {
  const before = await readPostmasterFile(directory);
  if (before === undefined || (await findServer(directory)) !== undefined) return;
  // A server started in between has written its own file, which must stay.
  if ((await readPostmasterFile(directory)) === before) await rm(join(directory, 'postmaster.pid'), { force: true });
}

/** The command line tells even where the process directory may not be inspected, as for root in a container. */
export async function isServerOf(pid: number, directory: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return commandLine.split('\0').slice(1, 3).join('\0') === `-D\0${directory}`;
  }
  if (process.platform === 'win32') return isAlive(pid);
  const ps = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => undefined);
  return ps?.stdout.includes(` -D ${directory} `) ?? false;
}
