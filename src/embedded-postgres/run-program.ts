import { spawn } from 'node:child_process';
import { parse } from 'node:path';
import type { ServerAccount } from './server-account.js';

export const DATABASE_URL_HINT = 'Set DATABASE_URL to use a PostgreSQL server of your own instead.';

export interface ProgramResult {
  succeeded: boolean;
  output: string;
}

/** Locale, time zone and PG* variables of the caller would otherwise decide how the cluster behaves. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = process.platform === 'win32' ? ['PATH', 'SystemRoot', 'TEMP', 'TMP'] : ['PATH'];
  const inherited = kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(inherited), HOME: neutralDirectory(), LC_ALL: 'C', TZ: 'UTC' } as NodeJS.ProcessEnv;
}

/** The server's account may be unable to enter the caller's working directory, but everybody can enter the root. */
export function neutralDirectory(): string {
  return parse(process.cwd()).root;
}

export function runProgram(file: string, args: string[], account: ServerAccount | undefined): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      ...account,
      cwd: neutralDirectory(),
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const ending = signal === null ? '' : `\n(ended by ${signal})`;
      resolve({ succeeded: code === 0, output: output + ending });
    });
  });
}

/** Does a process have this number? One that we must not signal has it, too. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
