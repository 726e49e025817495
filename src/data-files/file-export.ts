import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Transform, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DataError } from './data-error.js';
import { sizeText } from './file-import.js';
import type { Progress } from './progress.js';
import type { RemoteService } from './remote-service.js';

export interface ExportOptions {
  /** Undefined writes to stdout. */
  path: string | undefined;
  /** Parameters of the export, in the order given. */
  query: URLSearchParams;
}

/** Writes an export to a file, which has its name only once it is complete. Answers how many bytes there are. */
export async function exportToFile(
  service: RemoteService,
  { path, query }: ExportOptions,
  progress: Progress,
): Promise<number> {
  if (path === undefined) return download(service, query, progress, process.stdout);
  const partial = `${path}.part`;
  try {
    const bytes = await download(service, query, progress, () => createWriteStream(partial));
    await rename(partial, path);
    return bytes;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function download(
  service: RemoteService,
  query: URLSearchParams,
  progress: Progress,
  target: Writable | (() => Writable),
): Promise<number> {
  progress.show('Waiting for the export', undefined);
  const response = await service.request('GET', `/api/crm/opportunity/export?${query.toString()}`);
  let bytes = 0;
  const counting = new Transform({
    transform(part: Buffer, _encoding, done) {
      bytes += part.length;
      progress.show('Receiving', undefined, sizeText(bytes));
      done(null, part);
    },
  });
  const output = typeof target === 'function' ? target() : target;
  await pipeline(response, counting, output).catch((error: unknown) => {
    // A reader such as `head` has had enough.
    if (output === process.stdout && (error as NodeJS.ErrnoException).code === 'EPIPE') return;
    throw new DataError(
      `The export broke off after ${sizeText(bytes)}, so it is not complete: ${(error as Error).message}`,
    );
  });
  return bytes;
}
