import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline as pipe, type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DataError } from './data-error.js';
import type { Progress } from './progress.js';
import { AwayError, type RemoteService } from './remote-service.js';

/** What the command reads of an import. */
export interface ImportState {
  id: string;
  status: string;
  format: string;
  rows: number;
  created: number;
  updated: number;
  unchanged: number;
  failed: number;
  unprocessed: number;
  progress: number | null;
  warnings: readonly Problem[];
  errors: readonly Problem[];
  error: { code: string; message: string; line: number | null } | null;
}

export interface Problem {
  line: number;
  param: string;
  message: string;
}

export interface ImportOptions {
  path: string;
  /** The body of `POST /api/imports`. */
  body: Readonly<Record<string, unknown>>;
  /** Is the file only checked? */
  isCheckOnly: boolean;
  /** Where the failed rows go. */
  errorsPath: string;
}

const WORKING = ['checking', 'running'];
const POLL_MS = 300;
const MOST_UPLOADS = 3;
const STEPS: Readonly<Record<string, string>> = { checking: 'Checking', running: 'Writing' };

/** Takes a file into a running service, step by step as any client would. */
export class FileImport {
  /** Undefined before the service knows of it. */
  state: ImportState | undefined;

  constructor(
    private readonly service: RemoteService,
    private readonly options: ImportOptions,
    private readonly progress: Progress,
  ) {}

  async run(): Promise<ImportState> {
    const bytes = await sizeOf(this.options.path);
    const made = await this.post('/api/imports', this.options.body);
    await this.upload(made.id, bytes);
    const checked = await this.settled(made.id);
    if (checked.status !== 'checked') return checked;
    if (this.options.isCheckOnly) {
      await this.post(`/api/imports/${made.id}/cancel`);
      this.state = checked;
      return checked;
    }
    await this.post(`/api/imports/${made.id}/run`);
    return this.settled(made.id);
  }

  /** Ends what is under way, for a command that is ended; answers what had come of it. */
  async cancel(): Promise<ImportState | undefined> {
    if (this.state === undefined) return undefined;
    const path = `/api/imports/${this.state.id}`;
    const service = this.service.uninterrupted();
    const response = await service.request('POST', `${path}/cancel`).catch(() => undefined);
    response?.resume();
    return service.call<ImportState>('GET', path).catch(() => undefined);
  }

  /** Writes the failed rows as they were to a file, which can be mended and sent again. */
  async writeErrors({ id, format }: ImportState): Promise<void> {
    const form = isTable(format) ? 'csv' : 'ndjson';
    const response = await this.service.request('GET', `/api/imports/${id}/errors.${form}`);
    await pipeline(response, createWriteStream(this.options.errorsPath));
  }

  /** A file that breaks off is sent again, where it can be read again. */
  private async upload(id: string, bytes: number | undefined): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.send(id, bytes);
        return;
      } catch (error) {
        if (!(error instanceof AwayError)) throw error;
        // The answer may have been lost behind the file.
        if ((await this.read(id)).status !== 'awaiting_upload') return;
        if (bytes === undefined || tries >= MOST_UPLOADS) throw error;
      }
    }
  }

  private async send(id: string, bytes: number | undefined): Promise<void> {
    const { path, body } = this.options;
    let sent = 0;
    const counting = new Transform({
      transform: (part: Buffer, _encoding, done) => {
        sent += part.length;
        this.progress.show('Sending', bytes === undefined ? undefined : sent / Math.max(bytes, 1), sizeText(sent));
        done(null, part);
      },
    });
    const source: Readable = path === '-' ? process.stdin : createReadStream(path);
    const headers = {
      'content-type': isTable(String(body['format'])) ? 'text/csv' : 'application/x-ndjson',
      ...(path.endsWith('.gz') && { 'content-encoding': 'gzip' }),
      ...(bytes !== undefined && { 'content-length': bytes }),
    };
    // Each ends with the other: the request with a file that cannot be read, and stdin with the request.
    pipe(source, counting, () => undefined);
    const response = await this.service.request('PUT', `/api/imports/${id}/file`, { headers, body: counting });
    response.resume();
  }

  private async settled(id: string): Promise<ImportState> {
    for (;;) {
      const state = await this.read(id);
      const step = STEPS[state.status];
      if (step !== undefined) this.progress.show(step, state.progress ?? 0, countsOf(state));
      if (!WORKING.includes(state.status)) return state;
      await this.service.pause(POLL_MS);
    }
  }

  private async read(id: string): Promise<ImportState> {
    this.state = await this.service.call<ImportState>('GET', `/api/imports/${id}`);
    return this.state;
  }

  /** A repetition gets the first response again. */
  private async post(path: string, body?: unknown): Promise<ImportState> {
    const headers = { 'idempotency-key': randomUUID() };
    this.state = await this.service.call<ImportState>('POST', path, { headers, body });
    return this.state;
  }
}

export function isTable(format: string): boolean {
  return format.endsWith('csv');
}

/** Undefined for stdin, whose end nobody knows. */
async function sizeOf(path: string): Promise<number | undefined> {
  if (path === '-') return undefined;
  const found = await stat(path).catch((error: unknown) => {
    throw new DataError(`The file cannot be read: ${(error as Error).message}`);
  });
  if (!found.isFile()) throw new DataError(`${path} is not a file.`);
  return found.size;
}

/** In a unit that people read. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function countsOf({ rows, created, updated, unchanged, failed, unprocessed }: ImportState): string {
  const counts = { created, updated, unchanged, failed, unprocessed };
  const shown = Object.entries(counts).flatMap(([word, count]) => (count > 0 ? [`${count} ${word}`] : []));
  const all = rows === 1 ? '1 row' : `${rows} rows`;
  return shown.length === 0 ? all : `${all}: ${shown.join(', ')}`;
}
