import { constants } from 'node:fs';
import { open, rename, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

const LARGEST_LOG = 5 * 1024 * 1024;
const TAIL_BYTES = 8 * 1024;
const TAIL_LINES = 12;

export function logPath(dataDir: string): string {
  return join(dataDir, 'postgres.log');
}

/** We open the log ourselves because the server's account may not be able to. */
export async function openLog(dataDir: string): Promise<{ file: FileHandle; start: number }> {
  const path = logPath(dataDir);
  const size = await logSize(dataDir);
  if (size > LARGEST_LOG) await rename(path, `${path}.1`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
  return { file: await open(path, flags, 0o600), start: size > LARGEST_LOG ? 0 : size };
}

async function logSize(dataDir: string): Promise<number> {
  return (await stat(logPath(dataDir)).catch(() => undefined))?.size ?? 0;
}

/** The end of the log, no further back than `start`; empty rather than failing, because it only explains errors. */
export async function readLogTail(dataDir: string, start = 0): Promise<string> {
  try {
    const file = await open(logPath(dataDir), 'r');
    try {
      const { size } = await file.stat();
      const from = Math.max(start, size - TAIL_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, from);
      return lastLines(buffer.toString('utf8', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

export function lastLines(text: string): string {
  return text.trim().split('\n').slice(-TAIL_LINES).join('\n');
}
