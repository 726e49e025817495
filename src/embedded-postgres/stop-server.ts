import { setTimeout as delay } from 'node:timers/promises';
import { importBinaries } from './binaries.js';
import { isServerOf } from './postmaster-file.js';
import { runProgram } from './run-program.js';

const POLL_MS = 20;
const FAST_WITHIN_MS = 30_000;
const IMMEDIATE_WITHIN_MS = 10_000;

/** Ends connections and writes everything out; if that hangs, just ends, and the next start replays the log. */
export async function stopServer(pid: number, directory: string): Promise<void> {
  if (process.platform === 'win32') return stopOnWindows(directory);
  if (await signalAndWait(pid, directory, 'SIGINT', FAST_WITHIN_MS)) return;
  if (await signalAndWait(pid, directory, 'SIGQUIT', IMMEDIATE_WITHIN_MS)) return;
  throw new Error(`PostgreSQL (process ${pid}) does not stop; end it with: kill -QUIT ${pid}`);
}

async function signalAndWait(
  pid: number,
  directory: string,
  signal: NodeJS.Signals,
  patienceMs: number,
): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  if (await isServerOf(pid, directory)) sendSignal(pid, signal);
  while (await isServerOf(pid, directory)) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It may have ended by itself since we looked.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Windows has no signals that a server could handle; pg_ctl knows another way to ask. */
async function stopOnWindows(directory: string): Promise<void> {
  const { pg_ctl: pgCtl } = await importBinaries();
  await runProgram(pgCtl, ['stop', '-D', directory, '-m', 'fast', '-t', String(FAST_WITHIN_MS / 1000)], undefined);
}
